import type { Mark } from '@granary/core'
import type { Database } from 'better-sqlite3'
import { keyHash, namespaceScope, tagScope } from './key-hash.js'
import type { Marks } from './marks.js'
import { DEAD } from './schema.js'

/** Deletes and marks. Everything runs inside a transaction. */
export interface Invalidation {
  /** Was there an entry to delete? Leaves a mark in any case. */
  deleteKey(hash: number, key: string): boolean
  invalidate(mark: Mark): void
}

export function createInvalidation(db: Database, marks: Marks): Invalidation {
  const alive = db.prepare<[number, string], number>(`SELECT NOT ${DEAD} FROM entry WHERE key = ? AND name = ?`).pluck()
  const remove = db.prepare('DELETE FROM entry WHERE key = ? AND name = ?')

  function deleteKey(hash: number, key: string): boolean {
    const existed = alive.get(hash, key) === 1
    remove.run(hash, key)
    marks.markKey(hash, key)
    return existed
  }

  return {
    deleteKey,
    invalidate(mark) {
      if ('key' in mark) deleteKey(keyHash(mark.key), mark.key)
      else if ('tag' in mark) marks.markScope(tagScope(mark.tag), `t${mark.tag}`)
      else marks.markScope(namespaceScope(mark.namespace), `n${mark.namespace}`)
    },
  }
}
