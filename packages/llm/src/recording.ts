import type { Usage } from './usage.js'

/** An answer as it came: what the cache keeps of a call. Plain data. */
export interface Recording<Head, Event> {
  /** When it was asked for, in milliseconds since the Unix epoch. */
  readonly at: number
  readonly head: Head
  /** Each event as it was sent, and the milliseconds from the call until it came. An answer that is no stream is one event. */
  readonly events: readonly (readonly [ms: number, event: Event])[]
  readonly usage: Usage
  /** The model that answered. */
  readonly model: string
}
