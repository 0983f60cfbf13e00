import type { HeldEntry } from './held-entry.js'

/** An entry that may be served, and the index of the layer that answered. */
export interface Found {
  readonly held: HeldEntry
  readonly layer: number
  /** Otherwise it is stale. */
  readonly isFresh: boolean
}

/** Is this what was looked for? Otherwise the farther layers are asked as well. */
export type Wanted = (found: Found) => boolean

export function isFreshValue({ isFresh, held }: Found): boolean {
  return isFresh && held.rejection === undefined
}

export function ifFresh(found: Found | undefined): Found | undefined {
  return found && isFreshValue(found) ? found : undefined
}

export function ifValue(found: Found | undefined): Found | undefined {
  return found?.held.rejection === undefined ? found : undefined
}
