import { renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { entryOf } from '@granary/testkit'
import { sqlite } from '../../src/index.js'

export interface MovedFigures {
  /** Milliseconds until what is written can be read by whoever opens the path. */
  readonly noticedAfter: number
  /** Reads and writes that threw, were refused or were told as failures meanwhile. */
  readonly failures: number
  /** After it was noticed: did the store give what the file at the path holds, and nothing of the one before? */
  readonly isTheNewOne: boolean
}

const EVERY = 10

/** Takes a file away from a store that has it open: removes its directory, or puts another file in its place. */
export async function moveAway(path: string, how: 'removed' | 'replaced'): Promise<MovedFigures> {
  const other = `${path}-other`
  if (how === 'replaced') {
    const begun = sqlite({ path: other })
    await begun.set('in the other', entryOf(1))
    await begun.close?.()
  }
  const store = sqlite({ path })
  let failures = 0
  store.observe?.(() => failures++)
  await store.set('in the first', entryOf(1))

  if (how === 'removed') rmSync(dirname(path), { recursive: true })
  else {
    for (const suffix of ['-wal', '-shm']) rmSync(path + suffix)
    renameSync(other, path)
  }
  const began = performance.now()
  for (let i = 0; !(await canRead(path, `${i}`)); i++) {
    await wait(EVERY)
    const { stored } = await store.set(`${i + 1}`, entryOf(1))
    if (!stored) failures++
  }
  const noticedAfter = performance.now() - began
  const [first, second] = [await store.get('in the first'), await store.get('in the other')]
  await store.close?.()
  const isTheNewOne = first === undefined && (second !== undefined) === (how === 'replaced')
  return { noticedAfter, failures, isTheNewOne }
}

/** Read by a handle that is opened for it. */
async function canRead(path: string, key: string): Promise<boolean> {
  const reader = sqlite({ path })
  const found = await reader.get(key)
  await reader.close?.()
  return found !== undefined
}
