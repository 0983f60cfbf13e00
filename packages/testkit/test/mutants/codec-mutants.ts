import type { CodecMutant } from './build-codec.js'
import { ofAbout } from './of-codec-about.js'
import { ofDamage } from './of-codec-damage.js'
import { ofRefusals } from './of-codec-refusals.js'
import { ofValues } from './of-codec-values.js'

/** Broken codecs, by the part of the contract that they break. */
export const CODEC_MUTANTS: readonly CodecMutant[] = [...ofValues, ...ofAbout, ...ofRefusals, ...ofDamage]
