import assert from 'node:assert/strict'
import type { Clock, Entry, KeyedInfo, Mark, Position, SetOutcome, Store } from '@granary/core'
import { parsePhysicalKey } from '@granary/core'
import { entryOf } from '../entry.js'

/** What a case works on: a new, empty store, and what the suite was told of it. */
export interface Subject {
  readonly store: Store<unknown>
  readonly clock: Pick<Clock, 'now'>
  /** Closes the store and opens again what it wrote. */
  readonly reopen?: ((store: Store<unknown>) => Promise<Store<unknown>>) | undefined
  /** Opens another store over what this one writes, while it is open. */
  readonly beside?: ((store: Store<unknown>) => Promise<Store<unknown>>) | undefined
  readonly corrupt?: ((store: Store<unknown>, key: string) => unknown) | undefined
  readonly unstorable: unknown
}

/** What a case may need of its subject, beyond what every store has. */
export type Need =
  | 'local'
  | 'history'
  | 'no history'
  | 'getMany'
  | 'setMany'
  | 'deleteMany'
  | 'entries'
  | 'prune'
  | 'evict'
  | 'stats'
  | 'close'
  | 'observe'
  | 'feed'
  | 'lease'
  | 'reopen'
  | 'beside'
  | 'corrupt'

/** How each need is seen to be met. */
export const IS_MET: Record<Need, (subject: Subject) => unknown> = {
  local: ({ store }) => store.local,
  history: ({ store }) => store.invalidate,
  'no history': ({ store }) => store.invalidate === undefined,
  getMany: ({ store }) => store.getMany,
  setMany: ({ store }) => store.setMany,
  deleteMany: ({ store }) => store.deleteMany,
  entries: ({ store }) => store.entries,
  prune: ({ store }) => store.prune,
  evict: ({ store }) => store.evict,
  stats: ({ store }) => store.stats,
  close: ({ store }) => store.close,
  observe: ({ store }) => store.observe,
  feed: ({ store }) => store.feed,
  lease: ({ store }) => store.lease,
  reopen: ({ reopen }) => reopen,
  beside: ({ beside }) => beside,
  corrupt: ({ corrupt }) => corrupt,
}

export interface Case {
  /** The rule that it checks, in words. */
  readonly rule: string
  /** Without these it does not apply, and passes. */
  readonly needs?: readonly Need[]
  check(subject: Subject): Promise<void>
}

/** Cases about one part of the contract. */
export interface Group {
  readonly name: string
  /** What all of its cases need. */
  readonly needs?: readonly Need[]
  readonly cases: readonly Case[]
}

/** An entry as the engine makes it: its namespace is that of its key. */
export function entryFor(key: string, value: unknown, info?: Partial<Entry>): Entry {
  return entryOf(value, { ...info, namespace: parsePhysicalKey(key).namespace })
}

/** Stores a value, explicitly unless `since` is given, and is sure that it was stored. */
export async function put(
  store: Store<unknown>,
  key: string,
  value: unknown,
  info?: Partial<Entry>,
  since?: Position,
): Promise<void> {
  const outcome = await store.set(key, entryFor(key, value, info), since)
  assert.deepEqual(outcome, { stored: true }, `set(${show(key)}) was not stored`)
}

/** The value under a key is this one. */
export async function holds(store: Store<unknown>, key: string, value: unknown): Promise<void> {
  const entry = await store.get(key)
  assert.ok(entry !== undefined, `get(${show(key)}) is a miss`)
  assert.deepEqual(entry.value, value, `get(${show(key)}) has another value`)
}

/** Each of these keys is a miss, to `get` and to `getMany`. */
export async function misses(store: Store<unknown>, ...keys: string[]): Promise<void> {
  for (const key of keys) assert.equal(await store.get(key), undefined, `get(${show(key)}) is a hit`)
  const many = await store.getMany?.(keys)
  if (many !== undefined) assert.deepEqual(many, Array(keys.length).fill(undefined), 'getMany has a hit')
}

/** The position that a computation of this key which starts now would hand back. */
export async function lookAt(store: Store<unknown>, key: string): Promise<Position> {
  const look: { at?: Position } = {}
  await store.get(key, look)
  assert.ok(look.at !== undefined, 'get left look.at empty')
  return look.at
}

/** A computed set was refused, with a reason that fits. */
export function isRefused(outcome: SetOutcome): void {
  assert.equal(outcome.stored, false, 'a set that came too late was stored')
  assert.ok(
    !outcome.stored && ['invalidated', 'overtaken', 'forgotten'].includes(outcome.reason),
    `refused for another reason: ${JSON.stringify(outcome)}`,
  )
}

export async function mark(store: Store<unknown>, ...marks: Mark[]): Promise<void> {
  await store.invalidate?.(marks)
}

/** What the store lists, in the order of the keys. Ends also where the store does not. */
export async function list(store: Store<unknown>): Promise<KeyedInfo[]> {
  const infos: KeyedInfo[] = []
  for await (const info of store.entries?.() ?? []) {
    infos.push(info)
    assert.ok(infos.length < 100_000, 'entries() does not end')
  }
  return infos.sort((a, b) => (a.key < b.key ? -1 : 1))
}

export async function listedKeys(store: Store<unknown>): Promise<string[]> {
  return (await list(store)).map((info) => info.key)
}

/** A key or value as a message shows it: quoted, and not all of it. */
export function show(text: unknown): string {
  const shown = typeof text === 'string' ? JSON.stringify(text) : String(text)
  return shown.length > 60 ? `${shown.slice(0, 60)}… (${shown.length})` : shown
}
