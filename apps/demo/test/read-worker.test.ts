import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createCache } from '@granary/core'
import { memory } from '@granary/memory'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { fileAt, ReadWorker } from '../src/read-worker.js'
import { newFolder } from './demo.js'

let folder: string

beforeEach(() => {
  folder = newFolder()
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('never keeps a text under the digest of another, where a file is edited after it was looked at', async () => {
  const path = join(folder, 'a.txt')
  writeFileSync(path, 'before')
  const before = await fileAt(path)
  writeFileSync(path, 'after')
  await using cache = createCache({ layers: [memory()] })
  const worker = new ReadWorker({ cache })
  expect(await worker.run(before)).toMatchObject([{ text: 'after' }])

  writeFileSync(path, 'before')
  expect(await worker.run(before)).toMatchObject([{ text: 'before' }])
  expect(worker.computations).toBe(2)
})

it('keeps the same bytes apart as Markdown and as plain text', async () => {
  await using cache = createCache({ layers: [memory()] })
  const worker = new ReadWorker({ cache })
  const texts: string[] = []
  for (const name of ['a.md', 'a.txt']) {
    writeFileSync(join(folder, name), '# Some *emphasis*')
    for (const { text } of await worker.run(await fileAt(join(folder, name)))) texts.push(text)
  }
  expect(texts).toEqual(['Some emphasis', '# Some *emphasis*'])
})
