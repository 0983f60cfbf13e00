import { type Clock, type CorruptReason, type Decoded, type EntryInfo, lifeOf, type Store } from '@granary/core'

/**
 * Why an entry of a bundle was left out: a reason of `CORRUPT`, or
 *
 * | reason | what happened |
 * | --- | --- |
 * | `times` | its times are not in their order, or no times |
 * | `expired` | its time to live is over |
 * | `older` | the store has one that was made at the same time or later |
 * | `not-stored` | the store refused it: it is too large for it, say |
 */
export type ImportRefusal = CorruptReason | 'times' | 'expired' | 'older' | 'not-stored'

/** What became of a bundle. */
export interface ImportReport {
  /** Entries that the store has taken. */
  readonly imported: number
  /** How many it has not, by why. */
  readonly refused: Readonly<Partial<Record<ImportRefusal, number>>>
  /** Is the bundle as it was exported, to its end? If not, it was cut or changed; what was intact of it is imported. */
  readonly isWhole: boolean
}

/** So many entries, or bytes of them, are stored at a time. */
const BATCH = 64
const BATCH_BYTES = 4 * 1024 ** 2

type NamedValue = { readonly key: string } & Decoded

/** Takes entries into a store, some at a time, and counts. */
export interface Intake {
  take(entry: NamedValue, bytes: number): Promise<void>
  refuse(why: ImportRefusal): Intake
  done(isWhole: boolean): Promise<ImportReport>
}

export function intake(store: Store, clock: Pick<Clock, 'now'>): Intake {
  const refused: Partial<Record<ImportRefusal, number>> = {}
  let imported = 0
  let batch: Promise<void>[] = []
  let bytesInBatch = 0

  async function put({ key, value, about }: NamedValue): Promise<void> {
    const { namespace, tags, createdAt, freshUntil, staleUntil, computeMs, cost } = about
    const held = await store.get(key)
    if (held !== undefined && held.createdAt >= createdAt) return void own.refuse('older')
    const entry = { value, namespace, tags, createdAt, freshUntil, staleUntil, computeMs, cost, since: 0 }
    if ((await store.set(key, entry)).stored) imported++
    else own.refuse('not-stored')
  }

  async function finishBatch(): Promise<void> {
    const begun = batch
    batch = []
    bytesInBatch = 0
    await Promise.all(begun)
  }

  const own: Intake = {
    async take(entry, bytes) {
      if (!areTimes(entry.about)) return void own.refuse('times')
      if (lifeOf(entry.about, clock.now()) === 'expired') return void own.refuse('expired')
      const putting = put(entry)
      // Met when the batch is finished.
      putting.catch(() => {})
      batch.push(putting)
      bytesInBatch += bytes
      if (batch.length >= BATCH || bytesInBatch >= BATCH_BYTES) await finishBatch()
    },
    refuse(why) {
      refused[why] = (refused[why] ?? 0) + 1
      return own
    },
    async done(isWhole) {
      await finishBatch()
      return { imported, refused, isWhole }
    },
  }
  return own
}

/** In their order, and none of them NaN. */
function areTimes({ createdAt, freshUntil, staleUntil, computeMs, cost }: EntryInfo): boolean {
  return (
    Number.isFinite(createdAt) && createdAt <= freshUntil && freshUntil <= staleUntil && computeMs >= 0 && cost >= 0
  )
}
