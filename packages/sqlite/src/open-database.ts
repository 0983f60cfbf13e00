/** What an acknowledged write survives: a crash of the process, or a power failure too. */
export type Durability = 'process' | 'power'

/** An open database of better-sqlite3, by what tells it: users need not have that package's types. */
export interface OpenDatabase {
  readonly open: boolean
  readonly name: string
  readonly memory: boolean
  prepare(sql: string): unknown
  pragma(sql: string): unknown
}
