import type { Engine } from './engine.js'
import { sum } from './savings.js'
import type { Scope } from './scope.js'
import type { CacheStats } from './stats.js'

/** What was done in a namespace and below, with what the layers hold and what hits saved. */
export async function statsOf({ store, flights, reporter, savings }: Engine, scope: Scope): Promise<CacheStats> {
  const [held, kept] = await Promise.all([store.upkeep.stats(), savings.read(scope.path)])
  const { namespace: _, ...saved } = sum(scope.path, kept)
  return scope.counters.snapshot(
    { inFlight: flights.size, marks: store.marks.size, saved },
    store.layers.map((layer, i) => ({
      name: layer.store.name,
      failures: reporter.failures[i] ?? 0,
      latency: layer.latency,
      entries: held[i]?.entries ?? 0,
      bytes: held[i]?.bytes ?? 0,
    })),
  )
}
