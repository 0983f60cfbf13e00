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

/** A value as programs use it, and as stores keep it where that is not what the shape makes of it. */
export interface Formed {
  readonly value: unknown
  readonly stored?: unknown
}

/** A shape whose values alone do not tell what is to be stored: what they were made from does. */
export interface FormingShape extends Shape {
  /** @throws GranaryError `INVALID_VALUE` for what does not fit */
  ofComputed(computed: unknown): Formed
  /** `undefined` if what was stored no longer fits. */
  ofStored(stored: unknown): Formed | undefined
}

function isForming(shape: Shape): shape is FormingShape {
  return 'ofStored' in shape
}

/** What a computation gave, in the form of a shape. @throws GranaryError `INVALID_VALUE` for what does not fit */
export function formComputed(computed: unknown, shape: Shape | undefined): Formed {
  return shape !== undefined && isForming(shape) ? shape.ofComputed(computed) : { value: computed }
}

/** What was stored, in the form of a shape; `undefined` if it no longer fits. */
export function formStored(stored: unknown, shape: Shape | undefined): Formed | undefined {
  if (shape === undefined) return { value: stored }
  if (isForming(shape)) return shape.ofStored(stored)
  const value = shape.fromStored(stored)
  return value === undefined ? undefined : { value }
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
  /** What stores keep; `undefined` where that is what the shape makes of the value. */
  readonly stored: unknown
  /** All readers may have the same value. */
  readonly shareable: boolean
  /** The resolved promise that all hits share; made by the first. */
  promise: Promise<unknown> | undefined

  constructor(
    value: unknown,
    facts: EntryFacts,
    since: number,
    shape: Shape | undefined,
    shareable: boolean,
    stored?: unknown,
  ) {
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
    this.stored = stored
    this.shareable = shareable
    this.promise = undefined
  }
}

/**
 * An entry around a value, in the form that programs use.
 *
 * @throws GranaryError `UNSUPPORTED_VALUE` if the value cannot be protected
 */
export function hold(
  value: unknown,
  facts: EntryFacts,
  since: number,
  values: Values,
  shape?: Shape,
  stored?: unknown,
): HeldEntry {
  const isFrozen = values === 'shared' || protect(value, 'value', shape !== undefined)
  const shareable = isFrozen && (stored === undefined || values === 'shared' || protect(stored, 'value'))
  // What can be changed is copied on the way in as on the way out: who set it may still hold it.
  const [own, ownStored] = shareable ? [value, stored] : [copy(value), copy(stored)]
  return new HeldEntry(own, facts, since, shape, shareable, ownStored)
}

/** The entry of a rejection with this error, which its `facts` name the kind of. */
export function holdRejection(error: unknown, facts: EntryFacts, since: number): HeldEntry {
  return new HeldEntry(error, facts, since, NO_VALUE, true)
}

/** The value as a caller may have it: in the form asked for, and a copy if it can be changed. */
export function valueIn(held: HeldEntry, shape?: Shape): unknown {
  const { value } = held
  if (held.shape === shape) return held.shareable ? value : copy(value)
  const stored = held.stored === undefined ? toStored(held) : held.stored
  const own = held.shareable ? stored : copy(stored)
  return formStored(own, shape)?.value
}

function toStored({ value, shape }: HeldEntry): unknown {
  return shape === undefined ? value : shape.toStored(value)
}

/** A promise of {@link valueIn}, the same one for every reader where all may share it. */
export function answer(held: HeldEntry, shape?: Shape): Promise<unknown> {
  if (!held.shareable || held.shape !== shape) return Promise.resolve(valueIn(held, shape))
  held.promise ??= Promise.resolve(held.value)
  return held.promise
}
