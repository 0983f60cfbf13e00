import { type SetOutcome, STORED } from './store.js'

/** What each layer made of a write. */
export type LayerOutcomes = readonly SetOutcome[]

/**
 * One outcome for all layers: stored once every layer has applied it. A nearer layer that is too small for the value
 * does not count, as long as a farther one has it.
 */
export function acknowledgement(outcomes: LayerOutcomes): SetOutcome {
  const lastStored = outcomes.findLastIndex((outcome) => outcome.stored)
  return outcomes.find((outcome, i) => !outcome.stored && !(outcome.reason === 'too-large' && i < lastStored)) ?? STORED
}
