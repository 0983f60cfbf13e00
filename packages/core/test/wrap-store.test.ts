import { describe, expect, it } from 'vitest'
import { entryOf, historyStore, mapStore, storeSuite } from '../../testkit/src/index.js'
import { layered, type Store, wrapStore } from '../src/index.js'
import { remoteStore } from './stores.js'

storeSuite({ describe, it }, 'wrapStore(history, {})', { create: () => wrapStore(historyStore() as Store, {}) })

it('has exactly the capabilities of the store, also of one that is an instance of a class', () => {
  for (const store of [mapStore(), remoteStore(), historyStore()] as Store[])
    expect(Object.keys(wrapStore(store, {})).sort()).toEqual(Object.keys(store).sort())
  const wrapped = wrapStore(layered(mapStore()), {})
  expect(wrapped.invalidate).toBeTypeOf('function')
  expect(wrapped.getMany).toBe(layered(mapStore()).getMany === undefined ? undefined : wrapped.getMany)
})

it('does its own in the place of what the store does, and adds no capability', async () => {
  const wrapped = wrapStore(mapStore(), { get: () => entryOf('own'), evict: () => 7 })
  expect(await wrapped.get('k')).toMatchObject({ value: 'own' })
  expect(wrapped.evict).toBeUndefined()
})

it('calls what it passes on as a method of the store', () => {
  const store: Store & { held: number } = {
    ...mapStore(),
    held: 3,
    stats() {
      return { entries: (this as unknown as { held: number }).held, bytes: 0 }
    },
  }
  expect(wrapStore(store, {}).stats?.()).toEqual({ entries: 3, bytes: 0 })
})
