import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { openBytes, tempFile } from './support/files.js'
import { startScript } from './support/processes.js'

const SCRIPT = new URL('./support/child.mjs', import.meta.url)

it('what is queued when a process exits is written', async () => {
  const path = tempFile()
  expect(await startScript(SCRIPT, ['exit', path]).ended).toBe(0)
  expect((await openBytes({ path }).stats()).entries).toBe(1_000)
})

it('four processes on one file never fail (fault 29)', async () => {
  const path = tempFile()
  const children = [1, 2, 3, 4].map(() => startScript(SCRIPT, ['contend', path]))
  expect(await Promise.all(children.map(({ ended }) => ended))).toEqual([0, 0, 0, 0])
  const db = new Database(path)
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
  db.close()
}, 60_000)
