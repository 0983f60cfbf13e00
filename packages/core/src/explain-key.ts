import type { Engine } from './engine.js'
import { type Explanation, explained, explainHit, explainMiss } from './explain.js'
import type { Shape } from './held-entry.js'

/** Why a key is a hit or a miss now, in the form asked for. */
export async function explainKey({ store, reporter }: Engine, physical: string, shape?: Shape): Promise<Explanation> {
  const token = store.marks.begin(physical)
  try {
    const found = await store.readAny(token, shape, ({ isFresh }) => isFresh)
    if (found !== undefined) return explainHit(found, store.layers[found.layer]?.store.name ?? '')
    const stored = shape === undefined ? undefined : await store.readAny(token)
    if (stored !== undefined) return explained({ outcome: 'miss', cause: 'unfit' })
    return explainMiss(await reporter.chronicle.fate(physical))
  } finally {
    store.marks.end(token)
  }
}
