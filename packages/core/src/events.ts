import type { Explanation } from './explain.js'
import type { Refusal, StoreOperation } from './store.js'

/**
 * Something that happened in a cache: one union, for one observer. Keys and tags appear as digests, unless the cache was made
 * with `debug: true`; values never appear. More types of event may come: keep a default branch.
 */
export type CacheEvent =
  | (KeyEvent & { readonly type: 'hit'; readonly layer: string })
  | (KeyEvent & { readonly type: 'miss' })
  /** A caller was given a value past its TTL. */
  | (KeyEvent & { readonly type: 'stale-hit'; readonly layer: string; readonly reason: StaleReason })
  /** A caller was given a rejection that was cached, of this kind of error. */
  | (KeyEvent & { readonly type: 'negative-hit'; readonly kind: string })
  /** A value that is there is computed anew; whether that succeeds is told by `compute` or `compute-failure`. */
  | (KeyEvent & { readonly type: 'refresh' })
  /** A computation succeeded. */
  | (KeyEvent & { readonly type: 'compute'; readonly ms: number })
  /** A computation rejected; its error goes to the callers. */
  | (KeyEvent & { readonly type: 'compute-failure'; readonly ms: number })
  /** A computation went past its deadline and was detached. */
  | (KeyEvent & { readonly type: 'timeout' })
  | (KeyEvent & { readonly type: 'store' })
  /** A value was not kept: by one layer, or, without `layer`, by the cache as a whole. */
  | (KeyEvent & { readonly type: 'refuse'; readonly reason: Refusal; readonly layer?: string })
  | (KeyEvent & { readonly type: 'delete' })
  | { readonly type: 'invalidate'; readonly namespace: string }
  /** The tags themselves with `debug: true` only; else the first 16 hexadecimal digits of the SHA-256 of each. */
  | { readonly type: 'invalidate'; readonly tagDigests: readonly string[]; readonly tags?: readonly string[] }
  /** Why a run of a worker with `caching.debug` is a hit or a miss, or, in a cache with `debug`, any call a miss. It carries the key. */
  | (KeyEvent & { readonly type: 'explain'; readonly explanation: Explanation })
  /** Some of what others did to a layer was missed: the layers before it were emptied. */
  | { readonly type: 'gap'; readonly layer: string }
  /** A worker has own fields that are not in its key, though outputs may depend on them. Told once for each worker. */
  | {
      readonly type: 'warning'
      readonly worker: string
      readonly fields: readonly string[]
      readonly message: string
    }
  /**
   * A layer failed. The cache goes on without it; until it has caught up it is not read for what it missed. A layer that
   * is off fails with one error object, told once for each operation: the calls are counted in the statistics.
   */
  | { readonly type: 'failure'; readonly layer: string; readonly operation: StoreOperation; readonly error: unknown }

/** Why a caller was given a value past its TTL. */
export type StaleReason =
  /** It is refreshed in the background (`staleWhileRevalidate`). */
  | 'revalidating'
  /** Computing a new one failed (`staleIfError`). */
  | 'error'
  /** Computing a new one takes longer than the caller waits (`softTimeout`). */
  | 'soft-timeout'
  /** A refresh has failed, and it is too early for the next (`retryAfter`). */
  | 'retry-after'

export interface KeyEvent {
  /** Path of the namespace; see `namespaceNames`. */
  readonly namespace: string
  /** First 16 hexadecimal digits of the SHA-256 of the key as stores know it, with its namespace. */
  readonly keyDigest: string
  /** The key itself, with `debug: true` only. */
  readonly key?: string
}

export type CacheListener = (event: CacheEvent) => unknown

/** Those who listen to one cache. A listener that throws is ignored: it must not break a computation. */
export class Listeners {
  /** Does anybody listen? Asked on every hit. */
  active = false
  readonly #listeners = new Set<CacheListener>()

  /** Adds a listener and returns what removes it. */
  add(listener: CacheListener): () => void {
    // One of its own for each time that a listener is added.
    const own: CacheListener = (event) => listener(event)
    this.#listeners.add(own)
    this.active = true
    return () => {
      this.#listeners.delete(own)
      this.active = this.#listeners.size > 0
    }
  }

  emit(event: CacheEvent): void {
    for (const listener of this.#listeners) {
      try {
        const told: unknown = listener(event)
        if (told instanceof Promise) told.catch(() => {})
      } catch {
        // Said in the doc comment of the class: ignored.
      }
    }
  }
}
