import type { Awaitable } from './awaitable.js'
import type { Cache } from './cache.js'
import type { Computation } from './computation.js'
import { type Duration, parseDuration, parseTtl, type Ttl } from './duration.js'
import { GranaryError } from './errors.js'
import type { Explanation } from './explain.js'
import { FRESHNESS_OPTIONS, type FreshnessOptions, freshnessAmong, freshnessFrom, NO_REFRESH } from './freshness.js'
import { canonical, KEY_FORMAT, keyOf } from './key.js'
import type { Roots } from './key-parts.js'
import { allowedBy, type Mode } from './modes.js'
import { checkName } from './namespace.js'
import { checkOptions } from './options.js'
import { type SchemaInput, type SchemaOptions, type SchemaOutput, withShape } from './schema-shape.js'
import { scoped } from './scoped-cache.js'
import type { StandardSchema } from './standard-schema.js'

export interface CachedOptions<Args extends readonly unknown[]> extends FreshnessOptions {
  /** Names the function in keys and statistics; a minified function's own name is no good for it. */
  readonly name: string
  readonly cache: Cache
  /** Default: the cache's. */
  readonly ttl?: Ttl
  /** Version of the function: part of the key, so that a new one does not see old results. Default: `''`. */
  readonly version?: string
  /** Tags of the results. Default: none. */
  readonly tags?: (...args: Args) => readonly string[]
  /** The values that the result depends on. Default: all arguments, but for abort signals. */
  readonly keyParts?: (...args: Args) => readonly unknown[]
  /** Deadline of a call. Default: the cache's. */
  readonly timeout?: Duration
  /** Default: the cache's. */
  readonly mode?: Mode
}

/** A function whose results are cached. */
export interface CachedFunction<Args extends readonly unknown[], Result> {
  (...args: Args): Promise<Result>
  /**
   * The key of a call, within the function's namespace: SHA-256 in hexadecimal of the canonical form of
   * `['granary/1', name, version, [...parts]]`; the parts are the arguments, or `keyParts`.
   *
   * @throws GranaryError `INVALID_KEY`, naming the path, for an argument that no key can be made of
   */
  key(...args: Args): string
  /** Deletes the result of a call. Was there one? */
  delete(...args: Args): Promise<boolean>
  /** Says why a call is a hit or a miss, and in what it differs from the nearest one that is cached. */
  explain(...args: Args): Promise<Explanation>
  /** The namespace that holds the results. */
  readonly cache: Cache
}

const OPTIONS = [
  'name',
  'cache',
  'ttl',
  'version',
  'tags',
  'keyParts',
  'timeout',
  'mode',
  'schema',
  'migrate',
  ...FRESHNESS_OPTIONS,
]

/**
 * Caches a function by its arguments, which may be anything that a key can be made of. An abort signal among them is
 * no part of the key: it ends its own caller's wait, and the function gets one that aborts when no caller is left.
 * Results live in the namespace `function:<name>` of the cache.
 *
 * @throws GranaryError `INVALID_OPTION`, or `INVALID_KEY` for a name that cannot be one
 */
export function cached<
  Schema extends StandardSchema,
  Fn extends (...args: never) => Awaitable<SchemaInput<Schema>> = (...args: never) => Awaitable<SchemaInput<Schema>>,
>(
  fn: Fn,
  options: CachedOptions<Parameters<Fn>> & SchemaOptions<Schema>,
): CachedFunction<Parameters<Fn>, SchemaOutput<Schema>>
/** Caches a function by its arguments, with results of any form. */
export function cached<Fn extends (...args: never) => unknown>(
  fn: Fn,
  options: CachedOptions<Parameters<Fn>>,
): CachedFunction<Parameters<Fn>, Awaited<ReturnType<Fn>>>
export function cached<Fn extends (...args: never) => unknown>(
  fn: Fn,
  options: CachedOptions<Parameters<Fn>> & Partial<SchemaOptions>,
): CachedFunction<Parameters<Fn>, Awaited<ReturnType<Fn>>> {
  type Args = Parameters<Fn>
  type Result = Awaited<ReturnType<Fn>>
  const own = fn as unknown as (...args: Args) => Awaitable<Result>
  checkCached(fn, options)
  const { name, version = '', tags, keyParts, ttl, timeout, mode } = options
  const cache = scoped(options.cache.namespace(`function:${name}`))
  const { schema, migrate } = options
  const settings = withShape({ ...defined({ ttl, timeout, mode, schema, migrate }), ...freshnessAmong(options) })
  const prefix = canonical([KEY_FORMAT, name, version]).slice(0, -1)

  const partsOf = (args: Args): readonly unknown[] =>
    keyParts === undefined ? args.filter((arg) => !(arg instanceof AbortSignal)) : keyParts(...args)
  const rootsOf = (parts: readonly unknown[]): Roots => [
    ['version', version],
    [keyParts === undefined ? 'arguments' : 'keyParts', parts],
  ]
  const keyFrom = (parts: readonly unknown[]): string => keyOf(`${prefix},${canonical(parts, 'arguments')}]`)
  const key = (...args: Args): string => keyFrom(partsOf(args))

  const call = async (...args: Args): Promise<Result> => {
    const signal = signalAmong(args)
    const given = { ...settings, ...(signal && { signal }), ...(tags && { tags: tags(...args) }) }
    const parts = partsOf(args)
    const itsKey = keyFrom(parts)
    const compute = async (run: Computation): Promise<Result> => {
      const result = await own(...withSignal(args, () => run.signal))
      cache.rememberParts(itsKey, cache, () => (keyFrom(parts) === itsKey ? rootsOf(parts) : undefined))
      return result
    }
    return cache.getOrCompute(itsKey, compute, given)
  }

  return Object.assign(call, {
    key,
    cache,
    delete: async (...args: Args): Promise<boolean> => cache.delete(key(...args)),
    async explain(...args: Args): Promise<Explanation> {
      const parts = partsOf(args)
      return cache.explainParts(keyFrom(parts), cache, rootsOf(parts))
    },
  })
}

/** @throws GranaryError `INVALID_OPTION`, or `INVALID_KEY` for a name that cannot be one */
function checkCached(fn: unknown, options: CachedOptions<never>): void {
  if (typeof fn !== 'function') throw new GranaryError('INVALID_OPTION', 'cached: give the function to be cached first')
  checkOptions('cached', options, OPTIONS)
  checkName(options.name, 'name')
  if (typeof options.cache?.namespace !== 'function') {
    throw new GranaryError('INVALID_OPTION', 'cached: give a cache, as createCache() makes it')
  }
  for (const name of ['tags', 'keyParts'] as const) {
    if (options[name] === undefined || typeof options[name] === 'function') continue
    throw new GranaryError('INVALID_OPTION', `cached: ${name} is a function of the arguments`)
  }
  if (options.ttl !== undefined) parseTtl(options.ttl)
  if (options.timeout !== undefined) parseDuration(options.timeout, 'timeout')
  if (options.mode !== undefined) allowedBy(options.mode)
  freshnessFrom(options, NO_REFRESH)
}

/** How deep in the arguments a signal is looked for. */
const DEEPEST = 4

/** The caller's signal: an argument, or anywhere in one that is plain data, such as `{ signal }`. */
function signalAmong(value: unknown, depth = 0): AbortSignal | undefined {
  if (value instanceof AbortSignal) return value
  if (!isContainer(value) || depth > DEEPEST) return undefined
  for (const item of Object.values(value)) {
    const found = signalAmong(item, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}

/** The value, with the shared signal in the place of the caller's own; itself where there is none in it. */
function withSignal<T>(value: T, shared: () => AbortSignal, depth = 0): T {
  if (value instanceof AbortSignal) return shared() as T
  if (signalAmong(value, depth) === undefined || !isContainer(value)) return value
  if (Array.isArray(value)) return value.map((item) => withSignal(item, shared, depth + 1)) as T
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, withSignal(item, shared, depth + 1)]),
  ) as T
}

function isContainer(value: unknown): value is object {
  return (
    Array.isArray(value) ||
    (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
  )
}

function defined<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
