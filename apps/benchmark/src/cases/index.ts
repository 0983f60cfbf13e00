import type { Case } from '../case.js'
import { memoryHits } from './memory-hit.js'
import { workerHits } from './worker-hit.js'

export const cases: readonly Case[] = [...memoryHits, ...workerHits]
