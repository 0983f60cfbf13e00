import type { StoredBytes } from '@granary/codec'
import type { Look } from '@granary/core'
import { soon, turnIsYoung } from './turn.js'

/** Keys in one statement: their payloads are all in memory at once. */
const MOST_READS = 64

type Found = StoredBytes | undefined

interface Waiting {
  readonly hash: number
  readonly key: string
  readonly look: Look | undefined
  resolve(found: Found): void
  reject(error: unknown): void
}

/**
 * Reads that are asked for at the same moment go in one statement, at half the cost of one each. The first of them is
 * answered at once, since nobody knows yet whether more will come; so is one that comes alone.
 */
export interface ReadBatch {
  /** May a read be answered at once? */
  isFree(): boolean
  join(hash: number, key: string, look: Look | undefined): Promise<Found>
}

export function createReadBatch(
  readMany: (hashes: number[], keys: string[], looks: (Look | undefined)[]) => Found[],
): ReadBatch {
  let waiting: Waiting[] = []
  let first = true

  function free(): void {
    first = true
  }

  function flush(): void {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MOST_READS)
      waiting = waiting.slice(MOST_READS)
      read(batch)
      if (waiting.length > 0 && !turnIsYoung()) {
        soon(flush)
        return
      }
    }
  }

  function read(batch: readonly Waiting[]): void {
    try {
      const found = readMany(
        batch.map(({ hash }) => hash),
        batch.map(({ key }) => key),
        batch.map(({ look }) => look),
      )
      batch.forEach(({ resolve }, index) => {
        resolve(found[index])
      })
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  return {
    isFree() {
      if (!first || waiting.length > 0 || !turnIsYoung()) return false
      first = false
      queueMicrotask(free)
      return true
    },
    join(hash, key, look) {
      return new Promise((resolve, reject) => {
        waiting.push({ hash, key, look, resolve, reject })
        if (waiting.length === 1) soon(flush)
      })
    },
  }
}
