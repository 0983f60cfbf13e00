import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { expect, it, onTestFinished } from 'vitest'
import { sqlite } from '../src/index.js'
import { bytesOf, openBytes, SOAK, tempFile } from './support/files.js'

const SCRIPT = fileURLToPath(new URL('./support/child.mjs', import.meta.url))

function start(what: string, path: string): ChildProcess {
  const child = spawn(process.execPath, [SCRIPT, what, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

it('kill -9 of a writer loses nothing that was acknowledged (P4, fault 33)', async () => {
  const path = tempFile()
  const acknowledged = new Map<string, string>()
  for (let round = 0; round < 4 * SOAK; round++) {
    const child = start('write', path)
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
    const closed = once(lines, 'close')
    let count = 0
    lines.on('line', (line) => {
      const [keys, value] = JSON.parse(line) as [string[], string]
      for (const key of keys) acknowledged.set(key, value)
      if (++count === 150 + round * 37) child.kill('SIGKILL')
    })
    await closed
    expect(count).toBeGreaterThanOrEqual(150)

    const store = sqlite({ path })
    for (const [key, value] of acknowledged) {
      const found = (await store.get(key))?.value as string
      // The last line may not have been written any more: then a newer value is there.
      if (found !== value) expect(Number(found.split(':')[1])).toBeGreaterThanOrEqual(Number(value.split(':')[1]))
    }
    await store.close?.()
  }
  const db = new Database(path)
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
  const { entries, bytes } = db.prepare('SELECT count(*) AS entries, sum(size) AS bytes FROM entry').get() as never
  db.close()
  expect(await openBytes({ path }).stats()).toEqual({ entries, bytes })
}, 600_000)

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
