import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { corpusOf } from '../src/corpus.js'
import { newFolder } from './demo.js'

let folder: string

beforeEach(() => {
  folder = newFolder()
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('is the README files of all installed packages, each once, in the same order every time', async () => {
  const { paths } = await corpusOf(undefined)
  expect(paths.length).toBeGreaterThan(100)
  expect(new Set(paths).size).toBe(paths.length)
  expect(paths).toEqual((await corpusOf(undefined)).paths)
  expect(paths.some((path) => path.includes(join('node_modules', '@biomejs', 'biome', 'README.md')))).toBe(true)
  expect(paths.some((path) => path.includes(join('node_modules', 'marked', 'README.md')))).toBe(true)
})

it('is the documents of a folder at any depth, but not of what was installed there', async () => {
  for (const path of ['b', 'a/x', 'node_modules/y', '.git/z']) {
    mkdirSync(join(folder, path), { recursive: true })
    writeFileSync(join(folder, path, 'text.md'), '')
    writeFileSync(join(folder, path, 'code.ts'), '')
  }
  const { paths } = await corpusOf(folder)
  expect(paths).toEqual([join(folder, 'a', 'x', 'text.md'), join(folder, 'b', 'text.md')])
})

it.skipIf(process.platform === 'win32')('follows links to documents, not to folders', async () => {
  writeFileSync(join(folder, 'real.md'), '')
  symlinkSync(join(folder, 'real.md'), join(folder, 'link.md'))
  symlinkSync(join(folder, 'gone.md'), join(folder, 'broken.md'))
  symlinkSync(folder, join(folder, 'round.md'))
  symlinkSync(folder, join(folder, 'round'))
  const { paths } = await corpusOf(folder)
  expect(paths.map((path) => path.slice(folder.length + 1))).toEqual(['broken.md', 'link.md', 'real.md'])
})
