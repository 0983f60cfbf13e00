import { digest } from './digest.js'
import { canonical } from './key.js'

/** Parts of one key that are told apart; the rest of it counts as part of what holds it. */
const MOST_PARTS = 64
const DEEPEST = 6
/** Bytes of a path's digest, and of a value's. */
const PATH = 6
const VALUE = 6

/** How a difference of a nameless root as a whole is called. */
const WHOLE = 'task'

/** A named root of a key's parts: `['task', task]`. An empty name stands for its properties themselves. */
export type Roots = readonly (readonly [name: string, value: unknown])[]

interface Part {
  readonly path: string
  /** The path with the number of its root, so that no two are alike. */
  readonly id: string
  readonly value: string
}

/**
 * The parts of a key, each as a digest of its path and one of its value, so that two keys can be compared part by part
 * without either input being kept. Both are keyed with a secret: small values cannot be guessed from them.
 */
export function digestParts(roots: Roots, secret: string): Uint8Array {
  const parts = partsOf(roots)
  const bytes = new Uint8Array(parts.length * (PATH + VALUE))
  for (const [i, part] of parts.entries()) {
    bytes.set(short(secret, 'path', part.id, PATH), i * (PATH + VALUE))
    bytes.set(short(secret, part.id, part.value, VALUE), i * (PATH + VALUE) + PATH)
  }
  return bytes
}

/**
 * The paths of those parts in which a key differs from another that is known by digests alone. What only the other one
 * has cannot be named: it shows as a difference of what holds it.
 */
export function differingPaths(roots: Roots, other: Uint8Array, secret: string): string[] {
  const values = new Map<string, string>()
  for (let at = 0; at + PATH + VALUE <= other.length; at += PATH + VALUE) {
    values.set(hex(other.subarray(at, at + PATH)), hex(other.subarray(at + PATH, at + PATH + VALUE)))
  }
  const parts = partsOf(roots)
  const differing = parts.filter(({ id, value }) => {
    return values.get(hex(short(secret, 'path', id, PATH))) !== hex(short(secret, id, value, VALUE))
  })
  return differing.map(({ path }) => path)
}

/** Leaves by their values, containers by the names of what they hold; breadth first, up to a limit. */
function partsOf(roots: Roots): Part[] {
  const parts: Part[] = []
  const queue = roots.map(([path, value], root) => ({ root, path, value, depth: 0 }))
  for (const { root, path, value, depth } of queue) {
    const items = depth < DEEPEST ? itemsOf(value) : undefined
    const isWhole = items === undefined || queue.length + items.length > MOST_PARTS
    const told = isWhole ? value : items.map(([name]) => name)
    parts.push({ path: path === '' ? WHOLE : path, id: `${root}:${path}`, value: canonical(told) })
    if (isWhole) continue
    for (const [name, item] of items) queue.push({ root, path: join(path, name), value: item, depth: depth + 1 })
  }
  return parts
}

/** The properties of what is told apart by properties, in the order of their names. */
function itemsOf(value: unknown): (readonly [string | number, unknown])[] | undefined {
  if (Array.isArray(value)) return value.map((item, i) => [i, item] as const)
  if (typeof value !== 'object' || value === null || value instanceof AbortSignal) return undefined
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return undefined
  if (value instanceof Date || value instanceof Map || value instanceof Set) return undefined
  const items = Object.entries(value).filter(([, item]) => !(item instanceof AbortSignal))
  return items.sort(([a], [b]) => (a < b ? -1 : 1))
}

function join(path: string, name: string | number): string {
  if (typeof name === 'number') return `${path}[${name}]`
  return path === '' ? name : `${path}.${name}`
}

function short(secret: string, about: string, text: string, bytes: number): Uint8Array {
  const hash = digest(`${secret}\n${about.length}\n${about}${text}`)
  return Uint8Array.from({ length: bytes }, (_, i) => Number.parseInt(hash.slice(2 * i, 2 * i + 2), 16))
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
