import { expect, it } from 'vitest'
import { createReadBatch } from '../src/read-batch.js'

function counting() {
  const sizes: number[] = []
  const batch = createReadBatch((_, keys) => {
    sizes.push(keys.length)
    return keys.map(() => undefined)
  })
  return { sizes, batch }
}

it('a read that comes alone is answered at once', async () => {
  const { batch } = counting()
  for (let i = 0; i < 3; i++) {
    expect(batch.isFree()).toBe(true)
    await undefined
  }
})

it('reads at the same moment go together, 64 at a time', async () => {
  const { batch, sizes } = counting()
  expect(batch.isFree()).toBe(true)
  expect(batch.isFree()).toBe(false)
  await Promise.all(Array.from({ length: 150 }, (_, i) => batch.join(i, `key ${i}`, undefined)))
  expect(sizes).toEqual([64, 64, 22])
})

it('a read that fails rejects those that went with it, and no others', async () => {
  const batch = createReadBatch((_, keys) => {
    if (keys.includes('bad')) throw new Error('unreadable')
    return keys.map(() => undefined)
  })
  await expect(Promise.all([batch.join(1, 'a', undefined), batch.join(2, 'bad', undefined)])).rejects.toThrow(
    'unreadable',
  )
  expect(await batch.join(1, 'a', undefined)).toBeUndefined()
})
