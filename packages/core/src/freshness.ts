import { type Duration, parseDuration, parseTtl, type Ttl } from './duration.js'
import { checkEagerRefresh, type EagerRefresh } from './eager-refresh.js'
import type { EntryInfo } from './entry.js'
import { GranaryError } from './errors.js'
import type { LayeredStore } from './layered-store.js'
import { checkNegativeTtl, type NegativeTtl } from './negative-ttl.js'

/** How long past its TTL a value may still be served. An entry is kept for the longer of the two windows. */
export interface StaleWindows {
  /**
   * How long past its TTL a value is served at once while it is refreshed in the background (RFC 5861). 0 for not at all,
   * the default.
   */
  readonly staleWhileRevalidate?: Ttl
  /**
   * How long past its TTL a value is served where computing a new one fails, or goes past its `timeout` (RFC 5861). 0 for
   * not at all, the default.
   */
  readonly staleIfError?: Ttl
}

/** When a value that is in the cache is computed anew, and what is served until then. */
export interface FreshnessOptions extends StaleWindows {
  /**
   * How long after a refresh has failed the next one is tried; what is stale is served meanwhile. Counted from the
   * failure, whatever the entry's age. Default: `'30s'`.
   */
  readonly retryAfter?: Duration
  /**
   * How long a caller waits for a computation where there is a stale value to be served instead; the computation goes on
   * in the background. Default: until `timeout`.
   */
  readonly softTimeout?: Duration
  /** When a value is refreshed in the background although it is still fresh. Default: 1, never. */
  readonly eagerRefresh?: EagerRefresh
  /**
   * How long a rejection is cached, by kind of error; see {@link NegativeTtl}. It is kept in the nearest layer only, which
   * must be one of this process's memory, and never where a stale value can be served instead. Default: not at all.
   */
  readonly negativeTtl?: NegativeTtl
  /**
   * Takes each promise of work that goes on after the caller has been answered (a refresh, a write to a farther layer),
   * for a runtime that stops after its response: `(work) => ctx.waitUntil(work)`. None of them rejects. Default: nobody is told.
   */
  readonly waitUntil?: (work: Promise<unknown>) => void
}

/** The options of freshness, read: times in milliseconds, 0 for a window that there is not. */
export interface Freshness {
  readonly whileRevalidate: number
  readonly ifError: number
  readonly retryAfter: number
  readonly softTimeout: number
  readonly eagerRefresh: EagerRefresh
  readonly negativeTtl: NegativeTtl | undefined
  readonly waitUntil: ((work: Promise<unknown>) => void) | undefined
}

export const WINDOW_OPTIONS: readonly ['staleWhileRevalidate', 'staleIfError'] = [
  'staleWhileRevalidate',
  'staleIfError',
]

export const FRESHNESS_OPTIONS: readonly (keyof FreshnessOptions)[] = [
  ...WINDOW_OPTIONS,
  'retryAfter',
  'softTimeout',
  'eagerRefresh',
  'negativeTtl',
  'waitUntil',
]

/** The options of freshness among others, those that say something. */
export function freshnessAmong(options: FreshnessOptions): FreshnessOptions {
  return Object.fromEntries(
    FRESHNESS_OPTIONS.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])),
  )
}

export const NO_REFRESH: Freshness = {
  whileRevalidate: 0,
  ifError: 0,
  retryAfter: 30_000,
  softTimeout: Number.POSITIVE_INFINITY,
  eagerRefresh: 1,
  negativeTtl: undefined,
  waitUntil: undefined,
}

/**
 * What the options say, and the defaults where they say nothing: the same object where they say nothing at all.
 *
 * @throws GranaryError `INVALID_OPTION`
 */
export function freshnessFrom(options: FreshnessOptions, usual: Freshness): Freshness {
  const { staleWhileRevalidate, staleIfError, retryAfter, softTimeout, eagerRefresh, negativeTtl, waitUntil } = options
  // Asked by name, since this is on the way of every caller that joins a run: a loop over the names takes ten times as long.
  const isUsual =
    staleWhileRevalidate === undefined &&
    staleIfError === undefined &&
    retryAfter === undefined &&
    softTimeout === undefined &&
    eagerRefresh === undefined &&
    negativeTtl === undefined &&
    waitUntil === undefined
  if (isUsual) return usual
  if (waitUntil !== undefined && typeof waitUntil !== 'function')
    throw new GranaryError('INVALID_OPTION', 'waitUntil: give a function that takes a promise')
  return {
    whileRevalidate: parseWindow(staleWhileRevalidate, usual.whileRevalidate, 'staleWhileRevalidate'),
    ifError: parseWindow(staleIfError, usual.ifError, 'staleIfError'),
    retryAfter: retryAfter === undefined ? usual.retryAfter : parseDuration(retryAfter, 'retryAfter'),
    softTimeout: softTimeout === undefined ? usual.softTimeout : parseDuration(softTimeout, 'softTimeout'),
    eagerRefresh: eagerRefresh === undefined ? usual.eagerRefresh : checkEagerRefresh(eagerRefresh),
    negativeTtl: negativeTtl === undefined ? usual.negativeTtl : checkNegativeTtl(negativeTtl),
    waitUntil: waitUntil ?? usual.waitUntil,
  }
}

/** @throws GranaryError `INVALID_OPTION` if rejections are to be cached and no layer can hold them */
export function checkNear({ negativeTtl }: Freshness, { layers }: Pick<LayeredStore, 'layers'>): void {
  if (negativeTtl === undefined || layers[0]?.store.local) return
  throw new GranaryError(
    'INVALID_OPTION',
    'negativeTtl: rejections are kept in memory only: put a memory layer first, such as memory()',
  )
}

/** How long past its TTL an entry is kept, in ms. */
export function graceOf({ whileRevalidate, ifError }: Pick<Freshness, 'whileRevalidate' | 'ifError'>): number {
  return Math.max(whileRevalidate, ifError)
}

/** May an entry still be served so long past its TTL? Never longer than the entry itself was given. */
export function isWithin(window: number, { freshUntil, staleUntil }: EntryInfo, now: number): boolean {
  return now < Math.min(staleUntil, freshUntil + window)
}

function parseWindow(window: Ttl | undefined, usual: number, what: string): number {
  if (window === undefined) return usual
  return window === 0 ? 0 : parseTtl(window, what)
}
