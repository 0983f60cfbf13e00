import { GranaryError } from './errors.js'

/** What each mode allows. A mode is a row here. */
const MODES = {
  /** Read; on a miss compute and store. */
  use: { reads: true, computes: true, stores: true },
  /** Compute and store, whatever is cached. */
  refresh: { reads: false, computes: true, stores: true },
  /** Compute, as if there were no cache: no sharing of a computation either. */
  bypass: { reads: false, computes: true, stores: false },
  /** Read; on a miss compute, and do not store. */
  'read-only': { reads: true, computes: true, stores: false },
  /** Read; a miss rejects with `NOT_CACHED`. */
  'only-if-cached': { reads: true, computes: false, stores: false },
} as const

/** How a call uses the cache: `use`, `refresh`, `bypass`, `read-only` or `only-if-cached`. */
export type Mode = keyof typeof MODES

export interface Allowed {
  readonly reads: boolean
  readonly computes: boolean
  readonly stores: boolean
}

/** @throws GranaryError `INVALID_OPTION` for a mode that there is not */
export function allowedBy(mode: Mode): Allowed {
  if (Object.hasOwn(MODES, mode)) return MODES[mode]
  throw new GranaryError(
    'INVALID_OPTION',
    `mode: there is no mode ${String(mode)}; it is one of ${Object.keys(MODES).join(', ')}`,
  )
}
