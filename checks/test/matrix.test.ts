// Who may use it: fresh projects with the packed packages, on the oldest Node that is supported, the newest ones, Bun,
// Deno, and a Node that is too old; as modules and by require; with as few packages as one may want. It needs the registry.
import { rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { attempt, run } from '../src/commands.ts'
import { compile, installed, installWith, packAll, type Tarball } from '../src/consumer.ts'
import { type Command, hasRuntimes, installRuntimes } from '../src/runtimes.ts'

const SUPPORTED = ['Node 22.14.0', 'Node 22.23.3', 'Node 24.21.0', 'Node 26.10.0', 'Bun 1.4.5', 'Deno 2.9.6']
const TOO_OLD = 'Node 20.20.2'

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

const needsRuntimes = describe.skipIf(!hasRuntimes)

let tarballs: Tarball[] = []
let folders: string[] = []
let commands: Record<string, Command> = {}

beforeAll(() => {
  if (!hasRuntimes) return console.warn('No other runtimes can be had on this machine: the matrix is skipped.')
  tarballs = packAll()
  const others = installRuntimes([...SUPPORTED, TOO_OLD])
  commands = others.commands
  folders = [others.folder, dirname((tarballs[0] as Tarball).file)]
}, 240_000)

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
}, 60_000)

needsRuntimes.each(Object.entries(PROJECTS))('a project with %s', (_, { packages, imports, make }) => {
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

  test.each(SUPPORTED)('runs on %s, imported and required', (runtime) => {
    const [binary, ...args] = commands[runtime] as Command
    for (const file of [compiled, 'required.cjs']) {
      rmSync(join(folder, 'cache'), { recursive: true, force: true })
      rmSync(join(folder, 'whole-cache'), { recursive: true, force: true })
      expect(run(folder, binary, ...args, file).trim()).toBe('computed, cached')
    }
  })

  test(`says on ${TOO_OLD} what it needs`, () => {
    const [binary] = commands[TOO_OLD] as Command
    const { status, stderr } = attempt(folder, binary, compiled)
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
