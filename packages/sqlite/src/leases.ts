import { randomInt } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Lease, LeaseRequest } from '@granary/core'
import { isBusy } from './database.js'
import { keyHash } from './key-hash.js'
import type { LeaseTable } from './lease-table.js'
import type { Sessions } from './sessions.js'
import type { WriteQueue } from './write-queue.js'

/** Who waits looks again after a twentieth of the time waited so far, but within these pauses, in milliseconds. */
const SHARE = 20
const SHORTEST_PAUSE = 1
const LONGEST_PAUSE = 25

/** Asks for the right to compute a key; see `Store.lease`. */
export type AskForLease = (key: string, request: LeaseRequest) => Promise<Lease | undefined>

/** @param clock the time that the processes which share the file have in common */
export function createLeases(
  sessions: Sessions,
  writes: WriteQueue,
  clock: () => number,
  checkOpen: () => void,
  isClosed: () => boolean,
): AskForLease {
  const now = () => Math.floor(clock())

  /** Changes the table in the order of the calls of `set`, and with what is set at the same moment. */
  function change<T>(work: (leases: LeaseTable) => T): Promise<T> {
    return writes.add({ changes: 'none', bytes: 0, atomic: true, apply: () => work(sessions.current().leases) })
  }

  function holder(key: number, since: number | undefined): number | 'unknown' | undefined {
    try {
      return sessions.use('lease', ({ leases }) => leases.holder(key, now(), since))
    } catch (error) {
      if (isBusy(error)) return 'unknown'
      throw error
    }
  }

  /** Waits until whoever has the lease now has it no more, or the key was stored. */
  async function wait(key: number, since: number | undefined, signal: AbortSignal): Promise<void> {
    const began = performance.now()
    const first = holder(key, since)
    for (let held = first; held !== undefined && (held === first || held === 'unknown'); held = holder(key, since)) {
      const waited = performance.now() - began
      // Somebody waits for the outcome: unlike what is done in the background, this keeps the process alive.
      await pause(Math.min(Math.max(waited / SHARE, SHORTEST_PAUSE), LONGEST_PAUSE), undefined, { signal })
      checkOpen()
    }
  }

  function leaseOf(key: number, token: number, life: number): Lease {
    return {
      async renew() {
        checkOpen()
        return change((leases) => leases.prolong(key, token, now(), now() + life))
      },
      async release() {
        // A closed file is not opened for it: the lease ends by itself.
        if (!isClosed()) await change((leases) => leases.end(key, token))
      },
    }
  }

  return async (key, { life, since, signal }) => {
    checkOpen()
    signal.throwIfAborted()
    const hash = keyHash(key)
    const token = randomInt(1, 2 ** 48 - 1)
    const position = typeof since === 'number' ? since : undefined
    if (await change((leases) => leases.take(hash, token, now(), now() + Math.ceil(life), position))) {
      const lease = leaseOf(hash, token, Math.ceil(life))
      if (signal.aborted) await lease.release()
      signal.throwIfAborted()
      return lease
    }
    signal.throwIfAborted()
    await wait(hash, position, signal).catch((error) => {
      signal.throwIfAborted()
      throw error
    })
    return undefined
  }
}
