// docs/architecture.md speaks of what there is: its files exist, and its direction of imports is the one that is enforced.
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { wrongDirection } from '../src/direction.ts'
import { root, workspacePackages } from '../src/workspace.ts'

const page = readFileSync(join(root, 'docs', 'architecture.md'), 'utf8')

test('every file that the page names is there', () => {
  const files = new Set(globSync('packages/*/src/**/*.ts', { cwd: root }).map((file) => basename(file)))
  const named = Array.from(page.matchAll(/`([\w-]+\.ts)`/g), ([, name = '']) => name)
  expect(named.length).toBeGreaterThan(20)
  expect(named.filter((name) => !files.has(name))).toEqual([])
})

test('the line of imports has every published package, and goes the way that is enforced', () => {
  const [, line = ''] = /^apps → (.*)$/m.exec(page) ?? []
  const groups = line.split(' → ').map((group) => group.split(', ').map(scoped))
  const published = workspacePackages().filter((one) => one.published && one.name !== '@granary/testkit')
  expect(published.map(({ name }) => name).filter((name) => !groups.flat().includes(name))).toEqual([])
  for (const [i, group] of groups.entries()) {
    for (const name of group) {
      for (const lower of groups.slice(i + 1).flat()) expect(wrongDirection(name, lower)).toBeUndefined()
      for (const beside of group.filter((other) => other !== name)) expect(wrongDirection(name, beside)).toBeDefined()
    }
  }
})

function scoped(name: string): string {
  return name === 'granary' ? name : `@granary/${name}`
}
