import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { entryOf } from '@granary/testkit'
import { expect, it } from 'vitest'
import { sqlite } from '../src/index.js'
import { moveAway } from '../test/rigs/moved-file.js'
import { asOtherUser } from '../test/rigs/other-user.js'
import { SOAK, tempFile } from '../test/support/files.js'

it(`fault 35: ${SOAK} files that are garbage, and as many that are cut off`, { timeout: 0 }, async () => {
  let slowest = 0
  let failures = 0
  for (let round = 0; round < 2 * SOAK; round++) {
    const path = tempFile()
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, round % 2 === 0 ? randomBytes(1_000 + round * 50_000) : await halfOf(path))
    const store = sqlite({ path })
    store.observe?.(() => failures++)
    const began = performance.now()
    expect(await store.get('key')).toBeUndefined()
    expect((await store.set('key', entryOf('value'))).stored).toBe(true)
    slowest = Math.max(slowest, performance.now() - began)
    await store.close?.()
  }
  console.log('fault 35', { files: 2 * SOAK, failures, slowestToWorkAgain: slowest })
  expect(failures).toBe(2 * SOAK)
  expect(slowest).toBeLessThan(1_000 * 5)
})

const MOVES = Math.ceil(SOAK / 4)

it(`fault 37: ${MOVES} files that are removed or replaced`, { timeout: 0 }, async () => {
  let slowest = 0
  for (let round = 0; round < MOVES; round++) {
    const { noticedAfter, isTheNewOne } = await moveAway(tempFile(), round % 2 === 0 ? 'removed' : 'replaced')
    slowest = Math.max(slowest, noticedAfter)
    expect(isTheNewOne).toBe(true)
  }
  console.log('fault 37', { files: MOVES, slowestToNotice: slowest })
  expect(slowest).toBeLessThan(5_000)
})

it('fault 38: a directory of another user', { timeout: 0 }, async () => {
  const path = tempFile()
  mkdirSync(dirname(path), { recursive: true })
  chmodSync(dirname(dirname(path)), 0o755)
  chmodSync(dirname(path), 0o500)
  const figures = await asOtherUser(path, 1_000 * SOAK)
  console.log('fault 38', figures)
  expect(figures).toMatchObject({ computed: 1_000 * SOAK, kept: 0 })
  expect(figures.events.length).toBeLessThan(10)
})

/** Half of what a file of many entries holds. */
async function halfOf(path: string): Promise<Buffer> {
  const store = sqlite({ path })
  for (let i = 0; i < 200; i++) await store.set(`key ${i}`, entryOf('x'.repeat(500)))
  await store.close?.()
  const bytes = readFileSync(path)
  return bytes.subarray(0, bytes.length / 2)
}
