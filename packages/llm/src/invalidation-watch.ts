import type { Cache } from '@granary/core'

/**
 * Watches for invalidations while something is computed that is stored under a key which is known only at the end: the
 * cache itself fences what it computes, and a value that is set afterwards by hand is not fenced.
 */
export class InvalidationWatch {
  /** Was anything of the cache invalidated or deleted since the watch began? */
  isOvertaken = false
  readonly end: () => void

  constructor(cache: Cache) {
    this.end = cache.on(({ type }) => {
      if (type === 'invalidate' || type === 'delete') this.isOvertaken = true
    })
  }
}
