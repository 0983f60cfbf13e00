import type { Cache, CacheOptions } from './cache.js'
import { checkJitter, type Defaults } from './call-options.js'
import { systemClock } from './clock.js'
import { parseDuration, parseTtl } from './duration.js'
import { Engine } from './engine.js'
import { GranaryError } from './errors.js'
import { checkNear, FRESHNESS_OPTIONS, freshnessFrom, graceOf, NO_REFRESH } from './freshness.js'
import { LayeredStore } from './layered-store.js'
import { checkLogger, log } from './logger.js'
import { allowedBy } from './modes.js'
import { checkOptions } from './options.js'
import { Namespaces } from './scope.js'
import { ScopedCache } from './scoped-cache.js'

/** The names of all {@link CacheOptions}, for who takes them among others. */
export const CACHE_OPTIONS: readonly string[] = [
  'layers',
  'ttl',
  'jitter',
  'timeout',
  'mode',
  'values',
  'debug',
  'clock',
  'logger',
  ...FRESHNESS_OPTIONS,
]

/**
 * Makes a cache. Entries live one hour unless told otherwise.
 *
 * @throws GranaryError `INVALID_OPTION`, `UNSUPPORTED_RUNTIME` where JavaScript is older than 2024
 */
export function createCache(options: CacheOptions): Cache {
  checkRuntime()
  checkOptions('createCache', options, CACHE_OPTIONS)
  const { layers, clock = systemClock(), values = 'frozen', debug = false, logger } = options
  if (!Array.isArray(layers)) throw new GranaryError('INVALID_OPTION', 'createCache needs layers, such as [memory()]')
  if (values !== 'frozen' && values !== 'shared')
    throw new GranaryError('INVALID_OPTION', "values: it is 'frozen' or 'shared'")
  if (logger !== undefined) checkLogger(logger)
  const store = new LayeredStore(layers, clock, values)
  const engine = new Engine(store, clock, values, debug)
  const namespaces: Namespaces = new Namespaces(store.layers.length, (saving) => engine.savings.add(saving))
  engine.savings.from(() => namespaces.root.counters.settle())
  if (logger !== undefined) engine.reporter.listeners.add((event) => log(logger, event, debug))
  return new ScopedCache(engine, namespaces, namespaces.root, defaultsFrom(options, store))
}

/** Says it here, once, rather than let the first miss end in a TypeError. */
function checkRuntime(): void {
  if (typeof Promise.withResolvers === 'function') return
  throw new GranaryError(
    'UNSUPPORTED_RUNTIME',
    'Granary needs a runtime with the JavaScript of 2024 (Promise.withResolvers): Node 22.14 or newer, or a browser of that year',
  )
}

function defaultsFrom(options: CacheOptions, store: LayeredStore): Defaults {
  const { ttl = '1h', jitter = 0, timeout = '10m', mode = 'use' } = options
  allowedBy(mode)
  const freshness = freshnessFrom(options, NO_REFRESH)
  checkNear(freshness, store)
  return {
    lifetime: { ttl: parseTtl(ttl), jitter: checkJitter(jitter), grace: graceOf(freshness) },
    freshness,
    timeout: parseDuration(timeout, 'timeout'),
    mode,
  }
}
