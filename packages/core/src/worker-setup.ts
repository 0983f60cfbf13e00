import type { Cache } from './cache.js'
import { type Caching, cachingOf } from './caching.js'
import type { Ttl } from './duration.js'
import { type FreshnessOptions, freshnessAmong } from './freshness.js'
import type { Shape } from './held-entry.js'
import { outputsShape } from './outputs-shape.js'
import { type ScopedCache, scoped } from './scoped-cache.js'
import type { Task } from './task.js'
import { checkWorkerName, type TaskWorker } from './task-worker.js'
import { versionOf } from './versions.js'

/** What a cached worker looks up once, when it is first used. */
export interface WorkerSetup<Output extends Task> {
  /** The namespace of all versions. */
  readonly all: Cache
  /** The namespace of this version. */
  readonly cache: ScopedCache
  readonly caching: Caching
  readonly version: string
  readonly settings: Settings<Output>
}

interface Settings<Output extends Task> extends FreshnessOptions {
  readonly ttl?: Ttl
  readonly tags?: readonly string[]
  readonly shape: Shape<readonly Output[]>
}

/** @throws GranaryError `INVALID_OPTION` */
export function setUpWorker<Output extends Task>(
  worker: TaskWorker<never, Output> & { readonly caching: Caching },
  given: { readonly cache: Cache; readonly caching?: Caching },
): WorkerSetup<Output> {
  const { name, outputTypes } = worker
  checkWorkerName(name)
  const caching = cachingOf(name, worker.caching, given.caching)
  const { ttl, tags, version = '' } = caching
  const all = given.cache.namespace(`worker:${name}`)
  return {
    all,
    cache: scoped(versionOf(all, version)),
    caching,
    version,
    settings: {
      ...(ttl === undefined ? {} : { ttl }),
      ...(tags === undefined ? {} : { tags }),
      ...freshnessAmong(caching),
      shape: outputsShape(outputTypes),
    },
  }
}
