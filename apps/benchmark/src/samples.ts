/** How many keys are hot. A power of two would fit a mask; a thousand is what the targets speak of. */
export const HOT = 1_000

/** How many look-ups an order has before it begins again. */
const ORDER = 8_192

/** A generator that gives the same numbers in every process (mulberry32). */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The hot keys' numbers in random order, without end: position `at` of it. */
export const pick: (at: number) => number = (() => {
  const next = random(1)
  const order = Uint16Array.from({ length: ORDER }, () => Math.floor(next() * HOT))
  return (at) => order[at & (ORDER - 1)] as number
})()

/** A key such as programs build, for one call: no two calls give the same string object. */
export function keyOf(index: number): string {
  return `user:${index * 7919}:profile:v2`
}

/** Keys for all of an order's look-ups, equal to those that entries were stored under and other objects than they. */
export function keysInOrder(): readonly string[] {
  // Through bytes, since a concatenation would be flattened by its first use.
  return Array.from({ length: ORDER }, (_, at) => Buffer.from(keyOf(pick(at))).toString('latin1'))
}

export const inOrder = <T>(items: readonly T[], at: number): T => items[at & (ORDER - 1)] as T

export interface Profile {
  readonly id: number
  readonly name: string
  readonly email: string
  readonly verified: boolean
  readonly score: number
  readonly biography: string
  readonly roles: readonly string[]
  readonly address: { readonly street: string; readonly city: string; readonly zip: string; readonly country: string }
  readonly visits: readonly { readonly at: number; readonly page: string; readonly seconds: number }[]
}

const WORDS =
  'time year people way day man thing woman life child world school state family student group country'.split(' ')

/** Plain data of about 1 KB as JSON; another `version` of the same index is another value of the same size. */
export function profileOf(index: number, version = 0): Profile {
  const next = random(index * 31 + version * 1_000_003 + 17)
  const word = () => WORDS[Math.floor(next() * WORDS.length)] as string
  const words = (count: number) => Array.from({ length: count }, word).join(' ')
  return {
    id: index,
    name: words(2),
    email: `${word()}.${index}@example.org`,
    verified: next() < 0.5,
    score: next(),
    biography: words(75),
    roles: ['reader', 'editor', word()],
    address: {
      street: `${words(2)} ${1 + Math.floor(next() * 99)}`,
      city: word(),
      zip: `1${version % 9}${index}`,
      country: 'NL',
    },
    visits: Array.from({ length: 4 }, () => ({
      at: 1_700_000_000_000 + Math.floor(next() * 1e9),
      page: `/${word()}/${word()}`,
      seconds: Math.floor(next() * 500),
    })),
  }
}
