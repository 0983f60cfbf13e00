import type { EntryInfo } from './entry.js'
import { namespaceLineage } from './namespace.js'
import type { Look, Mark, Position, Refusal } from './store.js'

/** What a mark can cover: the namespace and tags of an entry. */
export type Scopes = Pick<EntryInfo, 'namespace' | 'tags'>

const REMEMBERED = 10_000

/**
 * A process's history of invalidations: scopes → positions. The one idea behind delete, clear and tags.
 *
 * A namespace or tag that is invalidated gets the next position as its mark: O(1), whatever it covers. An entry carries
 * the position at which its computation began (`since`); a mark above it makes the entry a miss, and a store that comes
 * too late is refused. A key needs no mark of its own: while somebody reads or computes it, it has a cell that counts
 * its changes; a key that nobody is working on costs nothing.
 *
 * Marks are bounded. Forgetting raises a floor, and whatever began below the floor counts as invalidated: a false miss
 * at worst, never a wrong value.
 */
export class Marks {
  /** Position of the newest mark. Begins at the time in microseconds, so that it grows from process to process too. */
  position: number
  readonly #scopes: RecentPositions
  readonly #cells = new Map<string, Cell>()
  #keys: RecentPositions | undefined

  constructor(now: number, remembered: number = REMEMBERED) {
    this.position = Math.floor(now * 1000)
    this.#scopes = new RecentPositions(remembered, this.position, 0)
  }

  /** Begins reading or computing a key. Every token must be given to {@link Marks.end}. */
  begin(key: string): Token {
    let cell = this.#cells.get(key)
    if (cell === undefined) {
      cell = { changes: 0, tokens: 0 }
      this.#cells.set(key, cell)
    }
    cell.tokens++
    return new Token(key, cell, this.position)
  }

  /** Begins anew with the same token: nothing was computed yet. */
  restart(token: Token): void {
    token.changes = token.cell.changes
    token.since = this.position
  }

  end(token: Token): void {
    if (token.ended) return
    token.ended = true
    if (--token.cell.tokens === 0) this.#cells.delete(token.key)
  }

  /** The key was written or deleted. */
  touch(key: string): void {
    const cell = this.#cells.get(key)
    if (cell !== undefined) cell.changes++
    if (this.#keys !== undefined) this.#keys.set(key, ++this.position)
  }

  add(mark: Mark): void {
    if ('key' in mark) this.touch(mark.key)
    else this.#scopes.set(nameOf(mark), ++this.position)
  }

  /** Why a value whose computation began with this token may not be stored; `undefined` if it may. */
  refusal(token: Token, scopes: Scopes): Refusal | undefined {
    if (token.ended || token.cell.changes !== token.changes) return 'overtaken'
    return this.invalidated(token.since, scopes) ? 'invalidated' : undefined
  }

  /** Was one of the scopes invalidated after `since`? */
  invalidated(since: number, scopes: Scopes): boolean {
    if (since === this.position) return false
    return since < this.#scopes.floor || this.#newestOver(scopes) > since
  }

  /**
   * Is an entry of this process's memory still valid? If so its `since` moves up, since nothing covered it until now:
   * the next judgement is one comparison.
   */
  spares(entry: { -readonly [K in keyof EntryInfo]: EntryInfo[K] }): boolean {
    if (this.invalidated(entry.since, entry)) return false
    entry.since = this.position
    return true
  }

  /** From now on the history of single keys is kept too (bounded), for callers that hold a position and no token. */
  rememberKeys(): void {
    this.#keys ??= new RecentPositions(REMEMBERED, this.position, this.position)
  }

  /** Why a value that was computed since a bare position may not be stored; `undefined` if it may. */
  refusalSince(since: number, key: string, scopes: Scopes): Refusal | undefined {
    const keys = this.#keys
    if (keys === undefined || since < keys.floor || since < this.#scopes.floor) return 'forgotten'
    if ((keys.get(key) ?? 0) > since) return 'overtaken'
    return this.invalidated(since, scopes) ? 'invalidated' : undefined
  }

  /** How many marks, and keys that somebody is working on, are held. */
  get size(): number {
    return this.#scopes.size + (this.#keys?.size ?? 0) + this.#cells.size
  }

  #newestOver(scopes: Scopes): number {
    return Math.max(...scopeNames(scopes).map((name) => this.#scopes.get(name) ?? 0))
  }
}

/** One name for each thing that a mark can be on; no two share one. */
export function nameOf(mark: Mark): string {
  if ('key' in mark) return `k${mark.key}`
  return 'tag' in mark ? `t${mark.tag}` : `n${mark.namespace}`
}

/** The names of the marks, other than its key's, that cover an entry: of its tags, its namespace, and all that contain that. */
export function scopeNames({ namespace, tags }: Scopes): string[] {
  const names = namespaceLineage(namespace).map((path) => `n${path}`)
  for (const tag of tags) names.push(`t${tag}`)
  names.push('n')
  return names
}

interface Cell {
  changes: number
  /** Tokens that are open on this key; the cell lives as long as one is. */
  tokens: number
}

/** One reading or computation of a key: where the history stood when it began. */
export class Token implements Look {
  readonly key: string
  readonly cell: Cell
  changes: number
  since: number
  /** Positions of the layers, filled as they are read. */
  at: (Position | undefined)[] = []
  /** What is computed is to replace what the layers hold: where it does not come in, they have to forget that. */
  replaces = false
  ended = false

  constructor(key: string, cell: Cell, since: number) {
    this.key = key
    this.cell = cell
    this.changes = cell.changes
    this.since = since
  }
}

/**
 * A bounded map to positions in two generations: when the young one is full the old one is forgotten whole (deleting a
 * Map's oldest key again and again is slow in V8), and `floor` rises to where the forgotten part ended.
 */
class RecentPositions {
  floor: number
  #young = new Map<string, number>()
  #old = new Map<string, number>()
  #youngFrom: number
  readonly #half: number

  constructor(limit: number, position: number, floor: number) {
    this.#half = Math.ceil(limit / 2)
    this.floor = floor
    this.#youngFrom = position
  }

  get(name: string): number | undefined {
    return this.#young.get(name) ?? this.#old.get(name)
  }

  set(name: string, position: number): void {
    this.#young.set(name, position)
    if (this.#young.size < this.#half) return
    if (this.#old.size > 0) this.floor = this.#youngFrom
    this.#youngFrom = position
    this.#old = this.#young
    this.#young = new Map()
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }
}
