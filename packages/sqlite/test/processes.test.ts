import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { expect, it, onTestFinished } from 'vitest'
import { bytesOf, openBytes, tempFile } from './support/files.js'

const SCRIPT = fileURLToPath(new URL('./support/child.mjs', import.meta.url))

function start(what: string, path: string): ChildProcess {
  const child = spawn(process.execPath, [SCRIPT, what, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

it('what is queued when a process exits is written', async () => {
  const path = tempFile()
  const [code] = await once(start('exit', path), 'exit')
  expect(code).toBe(0)
  expect((await openBytes({ path }).stats()).entries).toBe(1_000)
})

it('four processes on one file never fail (fault 29)', async () => {
  const path = tempFile()
  const children = [1, 2, 3, 4].map(() => start('contend', path))
  const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]))
  expect(codes).toEqual([0, 0, 0, 0])
  const db = new Database(path)
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
  db.close()
}, 60_000)

it('a lock that another process holds delays writes, and blocks the event loop only shortly (fault 30)', async () => {
  const path = tempFile()
  const store = openBytes({ path })
  const failures: unknown[] = []
  store.observe((failure) => failures.push(failure))
  await store.set('before', bytesOf('v'))
  const child = start('hold', path)
  await once(child.stdout as NodeJS.ReadableStream, 'data')
  const began = performance.now()
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  child.stdin?.write('700\n')
  const write = store.set('k', bytesOf('v'))
  expect(await store.get('before')).toBeDefined()
  expect(performance.now() - began).toBeLessThan(500)
  expect(await write).toEqual({ stored: true })
  delay.disable()
  expect(performance.now() - began).toBeGreaterThan(600)
  expect(delay.max / 1e6).toBeLessThan(25 * 5)
  expect(failures).toEqual([])
})

it('a lock that is not let go of makes a set answer that it failed (fault 30)', async () => {
  const path = tempFile()
  const store = openBytes({ path })
  const failures: string[] = []
  store.observe(({ operation }) => failures.push(operation))
  await store.set('before', bytesOf('v'))
  const child = start('hold', path)
  await once(child.stdout as NodeJS.ReadableStream, 'data')
  const deletion = expect(store.delete('before')).rejects.toThrow(/locked/)
  expect(await store.set('k', bytesOf('v'))).toEqual({ stored: false, reason: 'failed' })
  await deletion
  expect(failures).toEqual(['set'])
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(await store.set('k', bytesOf('v'))).toEqual({ stored: true })
}, 30_000)
