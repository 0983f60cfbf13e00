import type { Entry } from './entry.js'
import { copy, protect } from './values.js'

/**
 * The two forms of a value: as programs use it, and as stores keep it (plain data). A worker's tasks are rebuilt from
 * plain data, once for each time that an entry is read from a store that keeps bytes.
 */
export interface Shape<V = unknown> {
  toStored(value: V): unknown
  /** The value, or `undefined` if what was stored no longer fits: the entry is then a miss. */
  fromStored(stored: unknown): V | undefined
}

/** How values are kept in this process: frozen (and copied on read where they cannot be), or as they are. */
export type Values = 'frozen' | 'shared'

/** What an entry is made of, besides its value. */
export type EntryFacts = Omit<Entry, 'value'>

/** The shape of what has no value: no caller asks for it, so that a memory hit never takes a rejection for a value. */
const NO_VALUE: Shape = { toStored: () => undefined, fromStored: () => undefined }

const NO_TAGS: readonly string[] = Object.freeze([])

/**
 * An entry in this process's memory, ready to answer: its value is protected and in the form that programs use.
 * All fields are set in the constructor, in one order: the memory hit reads them, and is as fast as this shape is stable.
 */
export class HeldEntry implements Entry {
  readonly value: unknown
  readonly namespace: string
  readonly tags: readonly string[]
  readonly createdAt: number
  readonly freshUntil: number
  readonly staleUntil: number
  readonly computeMs: number
  readonly cost: number
  /** Moves up whenever the entry is judged and found valid. */
  since: number
  /** End of its TTL, also in a layer that lets it live less long. */
  readonly ttlEnd: number
  readonly rejection: string | undefined
  readonly shape: Shape | undefined
  /** All readers may have the same value. */
  readonly shareable: boolean
  /** The resolved promise that all hits share; made by the first. */
  promise: Promise<unknown> | undefined

  constructor(value: unknown, facts: EntryFacts, since: number, shape: Shape | undefined, shareable: boolean) {
    this.value = value
    this.namespace = facts.namespace
    this.tags = facts.tags.length === 0 ? NO_TAGS : Object.freeze([...facts.tags])
    this.createdAt = facts.createdAt
    this.freshUntil = facts.freshUntil
    this.staleUntil = facts.staleUntil
    this.computeMs = facts.computeMs
    this.cost = facts.cost
    this.since = since
    this.ttlEnd = facts.freshUntil
    this.rejection = facts.rejection
    this.shape = shape
    this.shareable = shareable
    this.promise = undefined
  }
}

/**
 * An entry around a value, in the form that programs use.
 *
 * @throws GranaryError `UNSUPPORTED_VALUE` if the value cannot be protected
 */
export function hold(value: unknown, facts: EntryFacts, since: number, values: Values, shape?: Shape): HeldEntry {
  const shareable = values === 'shared' || protect(value, 'value', shape !== undefined)
  // What can be changed is copied on the way in as on the way out: who set it may still hold it.
  return new HeldEntry(shareable ? value : copy(value), facts, since, shape, shareable)
}

/** The entry of a rejection with this error, which its `facts` name the kind of. */
export function holdRejection(error: unknown, facts: EntryFacts, since: number): HeldEntry {
  return new HeldEntry(error, facts, since, NO_VALUE, true)
}

/** The value as a caller may have it: in the form asked for, and a copy if it can be changed. */
export function valueIn(held: HeldEntry, shape?: Shape): unknown {
  const { value } = held
  if (held.shape === shape) return held.shareable ? value : copy(value)
  const stored = held.shape === undefined ? value : held.shape.toStored(value)
  const own = held.shareable ? stored : copy(stored)
  return shape === undefined ? own : shape.fromStored(own)
}

/** A promise of {@link valueIn}, the same one for every reader where all may share it. */
export function answer(held: HeldEntry, shape?: Shape): Promise<unknown> {
  if (!held.shareable || held.shape !== shape) return Promise.resolve(valueIn(held, shape))
  held.promise ??= Promise.resolve(held.value)
  return held.promise
}
