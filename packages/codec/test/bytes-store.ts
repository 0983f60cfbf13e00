import type { Codec, Store } from '@granary/core'
import type { StoreSuiteOptions } from '@granary/testkit'
import { encoded } from '../src/encoded.js'

/** What a suite needs of encoded stores: `corrupt` flips a bit of what the store of bytes holds. */
export function damaging(open: () => Store<Uint8Array>, codec: () => Codec): StoreSuiteOptions {
  const inner = new WeakMap<Store<unknown>, Store<Uint8Array>>()
  return {
    create() {
      const store = open()
      const outer = encoded(store, codec())
      inner.set(outer, store)
      return outer
    },
    async corrupt(outer, key) {
      const store = inner.get(outer) as Store<Uint8Array>
      const entry = await store.get(key)
      if (entry === undefined) return
      const value = entry.value.slice()
      value[value.length >> 1] = (value[value.length >> 1] as number) ^ 1
      await store.set(key, { ...entry, value })
    },
  }
}
