import { sealedCodec, unsupported, walk } from '../sealed-codec.js'
import { atEveryDepth, type CodecMutant, changed, wrapping } from './build-codec.js'

/** Unsupported values that are let through, without their content. */
const accepting = (accepted: (value: unknown) => boolean) => {
  const keep = (value: unknown): unknown => {
    if (accepted(value)) return null
    if (Array.isArray(value)) return value.map(keep)
    if (value instanceof Map) return new Map([...value].map(([key, inside]) => [key, keep(inside)]))
    if (value instanceof Set) return new Set([...value].map(keep))
    if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
    return Object.fromEntries(Object.entries(value).map(([name, inside]) => [name, keep(inside)]))
  }
  return wrapping((codec) => ({ encode: (value, about) => codec.encode(keep(value), about) }))
}

const hasClass = (value: unknown) => typeof value === 'object' && value?.constructor.name === 'Point'

export const ofRefusals: CodecMutant[] = [
  ['loses functions', 'a function is refused', accepting((value) => typeof value === 'function')],
  ['loses symbols', 'a symbol is refused', accepting((value) => typeof value === 'symbol')],
  ['keeps cycles', 'a cycle is refused', changed({ check: (value) => walkOnce(value) })],
  ['strips classes', 'an unknown class is refused', accepting(hasClass)],
  ['empties promises', 'a promise is refused', accepting((value) => value instanceof Promise)],
  ['empties weak maps', 'a WeakMap is refused', accepting((value) => value instanceof WeakMap)],
  ['does not name the path', 'names the path', changed({ check: (value) => noPath(value) })],
  [
    'stays broken after a refusal',
    'does no harm to those after it',
    () => {
      let broken = false
      return sealedCodec({
        check(value) {
          if (broken) throw unsupported('again')
          broken = true
          walk(value, 'value', [])
          broken = false
        },
      })
    },
  ],
  [
    'takes what occurs twice for a cycle',
    'is no cycle',
    changed({ check: (value) => walkOnce(value, unsupported('twice')) }),
  ],
  [
    'assigns __proto__',
    'changes no prototype',
    atEveryDepth((value) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__')
        ? Object.assign({}, value)
        : value,
    ),
  ],
]

/** Walks each object once; the second time it throws, or goes on. */
function walkOnce(value: unknown, error?: Error, seen = new Set<unknown>(), path = 'value'): void {
  if (seen.has(value)) {
    if (error !== undefined) throw error
    return
  }
  const plain = typeof value === 'object' && value !== null
  if (plain) seen.add(value)
  if (plain && (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype))
    for (const [name, inside] of Object.entries(value)) walkOnce(inside, error, seen, `${path}.${name}`)
  else walk(value, path, [])
}

function noPath(value: unknown): void {
  try {
    walk(value, 'value', [])
  } catch {
    throw unsupported('the value')
  }
}
