import type { Mutant } from './build.js'
import { ofAgreement } from './of-agreement.js'
import { ofBasics } from './of-basics.js'
import { ofBatches } from './of-batches.js'
import { ofDurability } from './of-durability.js'
import { ofHistory } from './of-history.js'
import { ofKeys } from './of-keys.js'
import { ofMarks } from './of-marks.js'
import { ofMetadata } from './of-metadata.js'
import { ofOrder } from './of-order.js'
import { ofUpkeep } from './of-upkeep.js'
import { ofValues } from './of-values.js'

/** Broken stores, by the part of the contract that they break. */
export const STORE_MUTANTS: readonly Mutant[] = [
  ...ofBasics,
  ...ofMetadata,
  ...ofValues,
  ...ofKeys,
  ...ofOrder,
  ...ofBatches,
  ...ofHistory,
  ...ofMarks,
  ...ofAgreement,
  ...ofUpkeep,
  ...ofDurability,
]
