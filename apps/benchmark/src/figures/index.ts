import type { FigureGroup } from '../figure.js'
import { coldStart } from './cold-start.js'
import { diskcache } from './diskcache.js'
import { eventLoop } from './event-loop.js'
import { growths } from './growth.js'
import { heldMemory } from './held-memory.js'
import { largeValues } from './large-values.js'

export const figureGroups: readonly FigureGroup[] = [
  diskcache,
  eventLoop,
  ...growths,
  heldMemory,
  coldStart,
  largeValues,
]
