// What is published: tarballs that hold what is needed and nothing else, that every tool resolves, and that stay small.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, describe, expect, test } from 'vitest'
import { attempt, run } from '../src/commands.ts'
import { packAll, type Tarball } from '../src/consumer.ts'
import { root, workspacePackages } from '../src/workspace.ts'

const budgets: Record<string, number> = JSON.parse(readFileSync(join(root, 'checks', 'size-budgets.json'), 'utf8'))
const tarballs = packAll()

afterAll(() => tarballs[0] && rmSync(dirname(tarballs[0].file), { recursive: true, force: true }))

/** Nobody needs a test, a source map, a report or a setting of ours. */
const SHIPPED = /^package\/(dist\/.+\.(js|d\.ts|txt)|README\.md|LICENSE|CHANGELOG\.md|package\.json)$/

describe.each(tarballs)('$name', (tarball) => {
  test('has what is needed and nothing else', () => {
    const files = contents(tarball)
    expect(files.filter((file) => !SHIPPED.test(file))).toEqual([])
    for (const needed of ['package/README.md', 'package/LICENSE', 'package/dist/index.js', 'package/dist/index.d.ts'])
      expect(files).toContain(needed)
  })

  test('publint has nothing to say', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'granary-publint-'))
    run(folder, 'tar', 'xzf', tarball.file)
    const { messages, pkg } = await publint({ pkgDir: join(folder, 'package'), pack: false, strict: true })
    rmSync(folder, { recursive: true })
    expect(messages.map((message) => formatMessage(message, pkg ?? {}, { color: false }))).toEqual([])
  })

  test('its types resolve as its code does', { timeout: 60_000 }, () => {
    const attw = join(root, 'checks', 'node_modules', '.bin', 'attw')
    const { status, stdout, stderr } = attempt(root, attw, tarball.file, '--profile', 'esm-only', '--no-color')
    expect(status, stdout + stderr).toBe(0)
  })

  test('stays within its budget', () => {
    const budget = budgets[tarball.name]
    expect(budget, `give ${tarball.name} a budget in checks/size-budgets.json, in bytes packed`).toBeDefined()
    expect(tarball.bytes).toBeLessThanOrEqual(budget as number)
  })
})

test('T12: core, memory, codec and sqlite together are at most 250 kB packed', () => {
  const usual = ['core', 'memory', 'codec', 'sqlite'].map((name) => sizeOf(`@granary/${name}`))
  expect(usual.reduce((sum, bytes) => sum + bytes)).toBeLessThanOrEqual(250_000)
})

test('every budget is a package’s', () => {
  const names = workspacePackages().map(({ name }) => name)
  expect(Object.keys(budgets).filter((name) => !names.includes(name))).toEqual([])
})

test('what does not belong into a tarball is seen', () => {
  for (const file of ['package/src/index.ts', 'package/dist/index.js.map', 'package/test/a.test.js', 'package/.env'])
    expect(SHIPPED.test(file)).toBe(false)
})

function contents({ file }: Tarball): string[] {
  return run(root, 'tar', 'tzf', file).trim().split('\n')
}

function sizeOf(name: string): number {
  return (tarballs.find((tarball) => tarball.name === name) as Tarball).bytes
}
