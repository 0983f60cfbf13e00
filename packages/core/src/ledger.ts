import type { Awaitable } from './awaitable.js'

/** What the hits of one namespace saved. */
export interface Saving {
  /** Path of the namespace; see `namespaceNames`. */
  readonly namespace: string
  readonly hits: number
  /** The computing time of every hit's entry, added up, in milliseconds. */
  readonly ms: number
  /** Their cost, added up, in the unit of the computations. */
  readonly cost: number
}

/** A store's account of what hits saved, over all processes and restarts. */
export interface Ledger {
  /** Adds to what is there, all or nothing. */
  add(savings: readonly Saving[]): Awaitable<void>
  /** The savings of a namespace and those below it. */
  read(namespace: string): Awaitable<readonly Saving[]>
}
