import { statSync } from 'node:fs'
import { expect, it } from 'vitest'
import { bytesOf, openBytes, tempFile } from './support/files.js'

const VALUE = new Uint8Array(10_000)

async function filled() {
  const path = tempFile()
  const store = openBytes({ path })
  await Promise.all(Array.from({ length: 2_000 }, (_, i) => store.set(`k${i}`, { ...bytesOf(''), value: VALUE })))
  return { path, store }
}

it('prune() gives back to the file system what nobody needs, once it is much', async () => {
  const { path, store } = await filled()
  await store.invalidate([{ namespace: '' }])
  expect(await store.prune()).toBeGreaterThan(1_000)
  expect(await store.stats()).toMatchObject({ entries: 0 })
  await store.close()
  expect(statSync(path).size).toBeLessThan(2_000_000)
})

it('clear() does so too, for as long as it may take, and what is set meanwhile is kept', async () => {
  const { path, store } = await filled()
  const clearing = store.clear()
  const kept = store.set('kept', bytesOf('value'))
  await Promise.all([clearing, kept])
  await store.prune()
  expect((await store.get('kept'))?.value).toEqual(bytesOf('value').value)
  await store.close()
  expect(statSync(path).size).toBeLessThan(2_000_000)
})

it('a file of which little is free stays as it is', async () => {
  const { store, path } = await filled()
  await store.delete('k1')
  await store.prune()
  await store.close()
  expect(statSync(path).size).toBeGreaterThan(20_000_000)
})
