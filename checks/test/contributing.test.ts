// What CONTRIBUTING.md says of writing a backend, done: its files in a fresh project with the packed packages. It needs
// the registry.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { attempt, run } from '../src/commands.ts'
import { installWith, packAll } from '../src/consumer.ts'
import { root } from '../src/workspace.ts'

let folder = ''
let tarballs = ''

beforeAll(() => {
  const packed = packAll()
  tarballs = dirname(packed[0]?.file ?? '')
  const needed = packed.filter(({ name }) => ['@granary/core', '@granary/testkit'].includes(name))
  folder = installWith('npm', needed)
  run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', 'vitest')
  mkdirSync(join(folder, 'src'))
  for (const [name, source] of files()) writeFileSync(join(folder, 'src', name), source)
}, 120_000)

afterAll(() => {
  for (const made of [folder, tarballs]) rmSync(made, { recursive: true, force: true })
})

test('the backend and its test compile strictly', { timeout: 60_000 }, () => {
  run(folder, 'node', 'node_modules/typescript/bin/tsc', '--noEmit')
})

test('the backend keeps the contract', { timeout: 60_000 }, () => {
  const printed = run(folder, 'node', 'node_modules/vitest/vitest.mjs', 'run', '--no-color')
  expect(Number(/Tests\s+(\d+) passed/.exec(printed)?.[1])).toBeGreaterThan(50)
})

test('a backend that does not keep it is told which rule it breaks', { timeout: 60_000 }, () => {
  const file = join(folder, 'src', 'mine.ts')
  const forgetful = readFileSync(file, 'utf8').replace('entries.delete(key)', 'entries.has(key)')
  writeFileSync(file, forgetful)
  const { status, stdout } = attempt(folder, 'node', 'node_modules/vitest/vitest.mjs', 'run', '--no-color')
  expect(status).toBe(1)
  expect(stdout).toMatch(/× delete forgets its key and no other/)
})

/** The named blocks of the page: name → source. */
function files(): [name: string, source: string][] {
  const page = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
  return Array.from(page.matchAll(/^ *```ts (\S+)\n([\s\S]*?)^ *```/gm), ([, name = '', source = '']) => [name, source])
}
