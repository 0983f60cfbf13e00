// Who may use it: fresh projects with the packed packages, on the oldest Node that is supported, the newest ones and one
// that is too old; as modules and by require; with as few packages as one may want. It needs the registry.
import { rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { attempt, run } from '../src/commands.ts'
import { compile, installed, installWith, packAll, type Tarball } from '../src/consumer.ts'
import { hasNodes, installNodes } from '../src/nodes.ts'

const SUPPORTED = ['22.14.0', '22.23.3', '24.21.0', '26.10.0']
const TOO_OLD = '20.20.2'

/** What a user may install, and a program for it that prints `computed, cached`. */
const PROJECTS = {
  'core and memory': {
    packages: ['@granary/core', '@granary/memory'],
    imports: { '@granary/core': ['createCache'], '@granary/memory': ['memory'] },
    make: 'createCache({ layers: [memory()] })',
  },
  'core and sqlite': {
    packages: ['@granary/core', '@granary/codec', '@granary/sqlite'],
    imports: { '@granary/core': ['createCache'], '@granary/sqlite': ['sqlite'] },
    make: "createCache({ layers: [sqlite({ path: 'cache' })] })",
  },
  everything: {
    packages: undefined,
    imports: { granary: ['openCache'] },
    make: "openCache('whole-cache')",
  },
} as const

const needsNodes = describe.skipIf(!hasNodes)

let tarballs: Tarball[] = []
let folders: string[] = []
let nodes: Record<string, string> = {}

beforeAll(() => {
  if (!hasNodes) return console.warn('No other Node can be had on this machine: the matrix is skipped.')
  tarballs = packAll()
  const others = installNodes([...SUPPORTED, TOO_OLD])
  nodes = others.nodes
  folders = [others.folder, dirname((tarballs[0] as Tarball).file)]
}, 240_000)

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

needsNodes.each(Object.entries(PROJECTS))('a project with %s', (_, { packages, imports, make }) => {
  let folder = ''
  let compiled = ''

  beforeAll(() => {
    const wanted = packages as readonly string[] | undefined
    folder = installWith('npm', wanted ? tarballs.filter(({ name }) => wanted.includes(name)) : tarballs)
    folders.push(folder)
    const lines = Object.entries(imports).map(([from, names]) => `import { ${names.join(', ')} } from '${from}'`)
    compiled = compile(folder, [`${lines.join('\n')}\n${program(make)}export {}\n`])[0] as string
    const requires = Object.entries(imports).map(
      ([from, names]) => `const { ${names.join(', ')} } = require('${from}')`,
    )
    writeFileSync(join(folder, 'required.cjs'), `${requires.join('\n')}\n;(async () => {\n${program(make)}})()\n`)
  }, 120_000)

  test('installs what it names and what that needs, and nothing that runs', () => {
    const { packages: found, scripts } = installed(folder)
    expect(scripts).toEqual([])
    if (packages !== undefined) expect(found.filter((name) => name.includes('granary')).length).toBe(packages.length)
  })

  test.each(SUPPORTED)('runs on Node %s, imported and required', (version) => {
    for (const file of [compiled, 'required.cjs']) {
      rmSync(join(folder, 'cache'), { recursive: true, force: true })
      rmSync(join(folder, 'whole-cache'), { recursive: true, force: true })
      expect(run(folder, nodes[version] as string, file).trim()).toBe('computed, cached')
    }
  })

  test(`says on Node ${TOO_OLD} what it needs`, () => {
    const { status, stderr } = attempt(folder, nodes[TOO_OLD] as string, compiled)
    expect(status).toBe(1)
    expect(stderr).toMatch(/GranaryError.*(needs|Node 22\.14 or newer)/s)
    expect(stderr).toContain('Node 22.14 or newer')
    expect(stderr).toContain("code: 'UNSUPPORTED_RUNTIME'")
  })
})

/** Computes once, then not again. */
function program(make: string): string {
  return `
const cache = ${make}
const first = await cache.getOrCompute('key', () => 'computed')
const second = await cache.getOrCompute('key', () => 'computed again')
console.log(first + ', ' + (second === first ? 'cached' : 'not cached'))
await cache.close()
`
}
