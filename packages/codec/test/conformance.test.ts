import type { Store } from '@granary/core'
import { codecSuite, historyStore, mapStore, storeSuite } from '@granary/testkit'
import { describe, it } from 'vitest'
import { standardCodec } from '../src/standard-codec.js'
import { damaging } from './bytes-store.js'
import { shift } from './envelopes.js'

const bytes = (store: Store<unknown>) => store as Store<Uint8Array>
const late = () => standardCodec([shift(200, 1, { late: true, min: 50 })])

storeSuite(
  { describe, it },
  'encoded, all synchronous',
  damaging(() => bytes(mapStore()), standardCodec),
)
storeSuite(
  { describe, it },
  'encoded, an asynchronous codec',
  damaging(() => bytes(mapStore()), late),
)
storeSuite(
  { describe, it },
  'encoded, an asynchronous store',
  damaging(() => bytes(historyStore()), standardCodec),
)
storeSuite(
  { describe, it },
  'encoded, all asynchronous',
  damaging(() => bytes(historyStore()), late),
)

codecSuite({ describe, it }, 'standardCodec', { create: standardCodec })
codecSuite({ describe, it }, 'standardCodec with stages', { create: late })
