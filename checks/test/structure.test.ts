import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { wrongDirection } from '../src/direction.ts'
import { findCycle, importsOf, readImports } from '../src/imports.ts'
import { root, workspacePackages } from '../src/workspace.ts'

const packages = workspacePackages()

describe.each(packages)('$name', ({ name, folder, dependencies }) => {
  const graph = readImports(join(root, folder, 'src'))

  test('has sources, and no circle of imports, of types neither', () => {
    expect(graph.size).toBeGreaterThan(0)
    expect(findCycle(graph)).toBeUndefined()
  })

  test('imports only in the direction of the design', () => {
    const imported = [...graph.values()].flat().map(packageName)
    const wrong = new Set([...imported, ...dependencies].map((other) => wrongDirection(name, other)).filter(Boolean))
    expect([...wrong]).toEqual([])
  })

  test('does not reach out of its own sources', () => {
    expect([...graph.values()].flat().filter((file) => file.startsWith('../'))).toEqual([])
  })
})

test('core depends on no package and no runtime', () => {
  const core = packages.find(({ name }) => name === '@granary/core')
  expect(core?.dependencies).toEqual([])
  const imports = [...readImports(join(root, 'packages/core/src')).values()].flat()
  expect(imports.filter((specifier) => !specifier.endsWith('.ts'))).toEqual([])
})

describe('the reader of imports', () => {
  test('sees every form of import, and none in a comment', () => {
    const source = `
      import { a } from './a.js'
      import type { B } from './b.js'
      import {
        c,
        type D,
      } from './c.js'
      import './d.js'
      export * from './e.js'
      export type { F } from './f.js'
      type G = import('./g.js').G
      const h = await import('./h.js')
      // import { x } from './no.js'
      /** import { y } from './no.js' */
      export const from = 'nowhere'
    `
    const names = importsOf(source).map((specifier) => specifier.slice(2, 3))
    expect(names.sort().join('')).toBe('abcdefgh')
  })

  test('finds a circle and names its files', () => {
    const graph = new Map([
      ['a.ts', ['b.ts']],
      ['b.ts', ['c.ts', 'd.ts']],
      ['c.ts', []],
      ['d.ts', ['b.ts']],
    ])
    expect(findCycle(graph)).toEqual(['b.ts', 'd.ts', 'b.ts'])
  })
})

describe('the direction of imports', () => {
  test.each([
    ['@granary/core', '@granary/memory'],
    ['@granary/memory', '@granary/sqlite'],
    ['@granary/sqlite', '@granary/testkit'],
    ['@granary/codec', 'granary'],
    ['@granary/unheard-of', '@granary/core'],
  ])('%s → %s is refused', (from, to) => expect(wrongDirection(from, to)).toBeTypeOf('string'))

  test.each([
    ['granary', '@granary/sqlite'],
    ['@granary/sqlite', '@granary/codec'],
    ['@granary/sqlite', 'better-sqlite3'],
  ])('%s → %s is fine', (from, to) => expect(wrongDirection(from, to)).toBeUndefined())
})

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}
