import type { Case } from '../case.js'
import { diskHits } from './disk-hit.js'
import { diskSets } from './disk-set.js'
import { llmHits } from './llm-hit.js'
import { memoryHits } from './memory-hit.js'
import { peerHits } from './peers.js'
import { stampedes } from './stampede.js'
import { workerHits } from './worker-hit.js'

export const cases: readonly Case[] = [
  ...memoryHits,
  ...peerHits,
  ...stampedes,
  ...workerHits,
  ...diskHits,
  ...diskSets,
  ...llmHits,
]
