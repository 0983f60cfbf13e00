import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encoded, standardCodec } from '@granary/codec'
import { compress } from '@granary/compression'
import type { CodecStage, Store } from '@granary/core'
import { sqlite } from '@granary/sqlite'
import { codecSuite, historyState, historyStore, mapStore, storeSuite } from '@granary/testkit'
import { afterAll, describe, it } from 'vitest'
import { seal } from '../src/seal.js'
import { keyOf } from './entries.js'

const keys = [keyOf(1)]
const bytes = (store: unknown) => store as Store<Uint8Array>
const folder = mkdtempSync(join(tmpdir(), 'granary-sealed-'))
let files = 0
const paths = new WeakMap<Store, string>()

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function openFile(codec: CodecStage[], path = join(folder, `${files++}.db`)): Store {
  const store = sqlite({ path, codec })
  paths.set(store, path)
  return store
}

for (const mode of ['sign', 'encrypt'] as const) {
  const stages = () => [compress({ threshold: 1, minimumSaving: 0 }), seal({ keys, mode })]
  codecSuite({ describe, it }, `seal, ${mode}`, { create: () => standardCodec([seal({ keys, mode })]) })
  codecSuite({ describe, it }, `compress and seal, ${mode}`, { create: () => standardCodec(stages()) })
  storeSuite({ describe, it }, `a local store, sealed, ${mode}`, {
    create: () => encoded(bytes(mapStore()), standardCodec(stages())),
  })
  storeSuite({ describe, it }, `a store with a history, sealed, ${mode}`, {
    create: () => encoded(bytes(historyStore({ state: historyState() })), standardCodec(stages())),
    offers: ['invalidate', 'getMany', 'setMany', 'deleteMany', 'entries'],
  })
  storeSuite({ describe, it }, `a file, sealed, ${mode}`, {
    create: () => openFile(stages()),
    async reopen(store) {
      await store.close?.()
      return openFile(stages(), paths.get(store))
    },
  })
}
