import type { Fate, Journal, PartsRecord } from '@granary/core'
import { keyHash } from './key-hash.js'
import { secretBeside } from './secret.js'
import type { Sessions } from './sessions.js'
import type { WriteQueue } from './write-queue.js'

/** The journal of a file; everything takes its place among the writes. */
export function createJournal(
  path: string,
  sessions: Sessions,
  writes: WriteQueue,
  clock: () => number,
  checkOpen: () => void,
): Journal {
  const secret = secretBeside(path)

  function inTurn<T>(apply: () => T, atomic = false): Promise<T> {
    checkOpen()
    return writes.add({ changes: 'none', bytes: 0, atomic, apply })
  }

  return {
    async note(key, why, at) {
      const hash = keyHash(key)
      return inTurn(() => sessions.current().fates().note(hash, why, at), true)
    },
    async fate(key): Promise<Fate> {
      const hash = keyHash(key)
      return inTurn(() => sessions.current().fates().of(hash, key, clock()))
    },
    async keepParts(parts) {
      return inTurn(() => sessions.current().parts().keep(parts))
    },
    async parts(group): Promise<readonly PartsRecord[]> {
      return inTurn(() => sessions.current().parts().of(group, clock()))
    },
    async secret() {
      // The folder is there once the file is open.
      await inTurn(() => sessions.current())
      return secret()
    },
  }
}
