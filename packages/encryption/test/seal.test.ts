import { encoded, standardCodec } from '@granary/codec'
import { compress } from '@granary/compression'
import { type CacheEvent, createCache, type Entry, GranaryError, namespacePath, type Store } from '@granary/core'
import { mapStore } from '@granary/testkit'
import { describe, expect, it } from 'vitest'
import { type SealOptions, seal } from '../src/seal.js'
import { envelopeOf, errorOf, infoOf, keyOf, type Parts, partsOf, repaired } from './entries.js'

const [A, B, C] = [keyOf(1), keyOf(2), keyOf(3)] as const
const MODES = ['sign', 'encrypt'] as const
const value = { text: 'worth something', list: [1, 2, 3] }

const codecOf = (options: SealOptions) => standardCodec([seal(options)])
const sealed = async (options: SealOptions, info = infoOf()) => codecOf(options).encode(value, info) as Uint8Array

/** Why the bytes are refused under a key, by a reader with these options. */
async function reasonOf(bytes: Uint8Array, key: string, options: SealOptions): Promise<string | undefined> {
  const error = await errorOf(() => codecOf(options).decode(bytes, key))
  expect(error.code).toBe('CORRUPT')
  return error.reason
}

/** The head of an entry that says `info` of it, and is otherwise as `mode` writes it. */
async function headOf(mode: 'sign' | 'encrypt', info: ReturnType<typeof infoOf>): Promise<Uint8Array> {
  return partsOf(await sealed({ keys: [A], mode }, info)).head
}

describe.each(MODES)('N6, fault 45: an entry that is sealed (%s)', (mode) => {
  const options = { keys: [A], mode }
  const own = infoOf()

  /** What happens to an entry whose parts an attacker has changed, and made the checksum right again. */
  async function after(change: (parts: Parts) => void, key = own.key): Promise<string | undefined> {
    const parts = partsOf(await sealed(options))
    change(parts)
    return reasonOf(envelopeOf(parts), key, options)
  }

  it('is read as it was', async () => {
    const decoded = await codecOf(options).decode(await sealed(options), own.key)
    expect(decoded).toEqual({ value, about: own })
  })

  it('is refused under another key, also if its head is rewritten to say that key: moved', async () => {
    const other = infoOf('43')
    expect(await reasonOf(await sealed(options), other.key, options)).toBe('moved')
    const head = await headOf(mode, other)
    expect(await after((parts) => (parts.head = head), other.key)).toBe('moved')
  })

  it('is refused in another namespace, also if its head is rewritten to say that: foreign-namespace', async () => {
    for (const namespace of ['', namespacePath('', 'tenant2'), namespacePath(own.namespace, 'below')]) {
      const other = infoOf('42', { namespace })
      expect(await reasonOf(await sealed(options), other.key, options)).toBe('foreign-namespace')
      const head = await headOf(mode, other)
      expect(await after((parts) => (parts.head = head), other.key)).toBe('foreign-namespace')
    }
  })

  it('is refused with other times: aged', async () => {
    for (const at of [8, 16, 24, 32, 40, 48])
      expect(await after(({ head }) => new DataView(head.buffer).setFloat64(at, 2e12, true))).toBe('aged')
  })

  it('is refused with other tags, more or fewer: retagged', async () => {
    for (const tags of [[], ['team2'], ['team', 'more']]) {
      const head = await headOf(mode, infoOf('42', { tags }))
      expect(await after((parts) => (parts.head = head))).toBe('retagged')
    }
  })

  it('is refused when it is cut: truncated', async () => {
    const whole = await sealed(options)
    expect(await reasonOf(whole.subarray(0, -20), own.key, options)).toBe('truncated')
    for (const length of [8, 11, 12, 40, -1])
      expect(await after((parts) => (parts.payload = parts.payload.subarray(0, length)))).toBe('truncated')
  })

  it('is refused when a bit is flipped: damaged, and forged if the checksum was made right', async () => {
    const whole = await sealed(options)
    const { payload } = partsOf(whole)
    const flipped = whole.slice()
    flipped[whole.length - 10] = (flipped[whole.length - 10] as number) ^ 1
    expect(await reasonOf(flipped, own.key, options)).toBe('damaged')
    expect(await reasonOf(repaired(flipped), own.key, options)).toBe('forged')
    for (let at = 12; at < payload.length; at++)
      expect(await after((parts) => (parts.payload[at] = (parts.payload[at] as number) ^ 0x40))).toBe('forged')
  })

  it('is refused with anything else in its head, or behind it: forged', async () => {
    // Its content, and its length before the stages.
    for (const at of [5, 64]) expect(await after(({ head }) => (head[at] = (head[at] as number) ^ 1))).toBe('forged')
    expect(await after((parts) => (parts.payload = Buffer.concat([parts.payload, Uint8Array.of(0)])))).toBe('forged')
  })

  it('is refused with the seal left out: unsealed', async () => {
    expect(
      await after((parts) => {
        parts.ids = []
        parts.payload = Buffer.from('80', 'hex')
        new DataView(parts.head.buffer).setUint32(64, 1, true)
      }),
    ).toBe('unsealed')
  })

  it('is refused with the seal of a key that is not listed: unknown-key', async () => {
    const names = mode === 'encrypt' ? { names: C } : {}
    const other = await sealed({ keys: [B], mode, ...names })
    expect(await reasonOf(other, own.key, { keys: [A], mode, ...names })).toBe('unknown-key')
  })

  it('is refused by the other mode: unknown-format', async () => {
    const other = mode === 'sign' ? 'encrypt' : 'sign'
    expect(await reasonOf(await sealed(options), own.key, { keys: [A], mode: other })).toBe('unknown-format')
  })

  it('is refused before anything is decompressed', async () => {
    const asked: string[] = []
    const spy = {
      ...compress({ threshold: 1, minimumSaving: 0 }),
      decode: () => {
        asked.push('decompressed')
        throw new GranaryError('CORRUPT', 'a bomb')
      },
    }
    const codec = standardCodec([spy, seal(options)])
    const parts = partsOf((await codec.encode('a'.repeat(500), own)) as Uint8Array)
    expect(parts.ids).toEqual([1, mode === 'sign' ? 2 : 3])
    parts.payload[60] = (parts.payload[60] as number) ^ 1
    expect((await errorOf(() => codec.decode(envelopeOf(parts), own.key))).reason).toBe('forged')
    // Nor may it be said that there was nothing to decompress.
    expect((await errorOf(() => codec.decode(envelopeOf({ ...parts, ids: parts.ids.slice(1) }), own.key))).reason).toBe(
      'forged',
    )
    expect(asked).toEqual([])
  })

  it('keys are changed one after the other: the newest writes, those that are listed read', async () => {
    const names = mode === 'encrypt' ? { names: C } : {}
    const first = await sealed({ keys: [A], mode, ...names })
    const both = { keys: [B, A], mode, ...names }
    const second = await sealed(both)
    for (const bytes of [first, second]) expect((await codecOf(both).decode(bytes, own.key)).value).toEqual(value)
    const after = { keys: [B], mode, ...names }
    expect((await codecOf(after).decode(second, own.key)).value).toEqual(value)
    expect(await reasonOf(first, own.key, after)).toBe('unknown-key')
    expect(await reasonOf(second, own.key, { keys: [A], mode, ...names })).toBe('unknown-key')
  })

  it.each([0, 1, 1_000, 2 ** 20 - 300, 2 ** 20 + 1, 3_000_000])(
    'works for %i bytes, off the thread above 1 MB',
    async (n) => {
      const codec = codecOf(options)
      const bytes = new Uint8Array(n).fill(5)
      const encoding = codec.encode(bytes, own)
      expect(encoding instanceof Promise).toBe(n > 2 ** 20)
      const stored = await encoding
      expect(Buffer.compare((await codec.decode(stored, own.key)).value as Uint8Array, bytes)).toBe(0)
      stored[stored.length - 100] = (stored[stored.length - 100] as number) ^ 1
      expect((await errorOf(() => codec.decode(repaired(stored), own.key))).reason).toBe('forged')
    },
  )
})

it('two seals of the same value share no bytes under encrypt, though their names are equal', async () => {
  const [one, other] = [await sealed({ keys: [A] }), await sealed({ keys: [A] })].map(partsOf) as [Parts, Parts]
  expect(one.head).toEqual(other.head)
  expect(Buffer.from(one.payload).includes(Buffer.from(other.payload).subarray(12, 28))).toBe(false)
})

it('names are hidden with the last key unless one is named, so that a key put in front finds what is there', async () => {
  const rows = new Map<string, Entry>()
  const open = (options: SealOptions) =>
    createCache({ layers: [encoded(mapStore({ map: rows }) as Store<Uint8Array>, codecOf(options))] })
  await open({ keys: [A] }).set('key', 1)
  const both = open({ keys: [B, A] })
  expect(await both.get('key')).toBe(1)
  await both.set('key', 2)
  expect(rows.size).toBe(1)
  expect(await open({ keys: [B], names: A }).get('key')).toBe(2)
  expect(await open({ keys: [B] }).get('key')).toBeUndefined()
})

it.each(MODES)('a cache tells why it refused (%s), and computes instead', async (mode) => {
  const rows = new Map<string, Entry>()
  const store = encoded(mapStore({ map: rows }) as Store<Uint8Array>, codecOf({ keys: [A], mode }))
  const cache = createCache({ layers: [store], ttl: '1h' })
  const reasons: unknown[] = []
  cache.on((event: CacheEvent) => {
    if (event.type === 'failure') reasons.push((event.error as GranaryError).reason)
  })
  const [alice, bob] = [cache.namespace('alice'), cache.namespace('bob')]
  await alice.set('plan', 'free')
  const [from] = [...rows.keys()]
  await bob.set('plan', 'paid')
  const to = [...rows.keys()].find((key) => key !== from) as string
  rows.set(from as string, { ...(rows.get(to) as Entry) })
  expect(await alice.getOrCompute('plan', async () => 'computed')).toBe('computed')
  expect(reasons).toEqual(['foreign-namespace'])
})

describe('options', () => {
  it.each([
    ['keys', {}],
    ['keys', { keys: [] }],
    ['keys', { keys: A }],
    ['keys[0]', { keys: ['a passphrase of some length, yes'] }],
    ['keys[0]', { keys: [new Uint8Array(16)] }],
    ['keys[1]', { keys: [A, undefined] }],
    ['keys', { keys: [A, Uint8Array.from(A)] }],
    ['mode', { keys: [A], mode: 'seal' }],
    ['mode', { keys: [A], mode: 'toString' }],
    ['names', { keys: [A], names: 'x' }],
    ['names', { keys: [A], names: B, mode: 'sign' }],
    ['has no option key', { keys: [A], key: B }],
  ])('are refused by name when they are wrong: %s', async (named, options) => {
    const error = await errorOf(() => seal(options as SealOptions))
    expect(error.code).toBe('INVALID_OPTION')
    expect(error.message).toMatch(/^seal/)
    expect(error.message).toContain(named)
  })

  it('never show a key', async () => {
    const error = await errorOf(() => seal({ keys: ['correct horse battery staple 1234' as never] }))
    expect(`${error.message}${error.stack}`).not.toContain('horse')
  })

  it('do not change when the bytes that were given do', async () => {
    const key = keyOf(1)
    const codec = codecOf({ keys: [key] })
    key.fill(0)
    expect((await codec.decode(await sealed({ keys: [A] }), infoOf().key)).value).toEqual(value)
  })

  it('put the seal last', async () => {
    const error = await errorOf(() => standardCodec([seal({ keys: [A] }), compress()]))
    expect([error.code, /put encrypted last/.test(error.message)]).toEqual(['INVALID_OPTION', true])
  })
})
