import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { entryOf } from '@granary/testkit'
import Database from 'better-sqlite3'
import { sqlite } from '../../src/index.js'

const SCRIPT = new URL('./sharing.mjs', import.meta.url)

export interface SharingFigures {
  readonly acknowledged: number
  readonly failures: number
  readonly found: number
  readonly integrity: string
}

/**
 * Two forked processes and two worker threads write to the file that this thread has open and writes to as well; the
 * threads are ended without `close`.
 */
export async function share(path: string, sets: number): Promise<SharingFigures> {
  const store = sqlite({ path })
  let failures = 0
  store.observe?.(() => failures++)
  await store.set('before', entryOf('before'))
  const others = ['fork 1', 'fork 2', 'thread 1', 'thread 2']
  const told = others.map((name) => (name.startsWith('fork') ? forked : threaded)([path, name, String(sets)]))
  let acknowledged = 0
  for (let i = 0; i < sets; i++) if ((await store.set(`main ${i}`, entryOf(`main ${i}`))).stored) acknowledged++
  for (const one of await Promise.all(told)) {
    acknowledged += one.acknowledged
    failures += one.failures
  }
  let found = 0
  for (const name of ['main', ...others]) {
    for (let i = 0; i < sets; i++) if ((await store.get(`${name} ${i}`))?.value === `${name} ${i}`) found++
  }
  await store.close?.()
  const db = new Database(path)
  const integrity = db.pragma('integrity_check', { simple: true }) as string
  db.close()
  return { acknowledged, failures, found, integrity }
}

interface Told {
  readonly acknowledged: number
  readonly failures: number
}

async function forked(args: readonly string[]): Promise<Told> {
  const child = fork(fileURLToPath(SCRIPT), args)
  const [[told]] = await Promise.all([once(child, 'message'), once(child, 'exit')])
  return told
}

async function threaded(args: readonly string[]): Promise<Told> {
  const worker = new Worker(SCRIPT, { workerData: args })
  const [told] = await once(worker, 'message')
  await worker.terminate()
  return told
}
