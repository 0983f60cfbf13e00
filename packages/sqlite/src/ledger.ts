import type { Ledger } from '@granary/core'
import type { Sessions } from './sessions.js'
import type { WriteQueue } from './write-queue.js'

/** The ledger of a file; everything takes its place among the writes. */
export function createLedger(sessions: Sessions, writes: WriteQueue, checkOpen: () => void): Ledger {
  function inTurn<T>(apply: () => T): Promise<T> {
    checkOpen()
    return writes.add({ changes: 'none', bytes: 0, atomic: false, apply })
  }

  return {
    add: async (savings) => inTurn(() => sessions.current().savings().add(savings)),
    read: async (namespace) => inTurn(() => sessions.current().savings().read(namespace)),
  }
}
