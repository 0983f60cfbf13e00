// What a stranger gets: the packed packages, installed in a fresh folder by npm and by pnpm, and the examples of every
// README in strict TypeScript, run. It needs the registry.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../src/commands.ts'
import { compile, compileForBrowser, examples, installed, installWith, packAll, type Tarball } from '../src/consumer.ts'
import { notPrinted } from '../src/printed.ts'

let tarballs: Tarball[] = []

beforeAll(() => {
  tarballs = packAll()
}, 60_000)

afterAll(() => tarballs[0] && rmSync(dirname(tarballs[0].file), { recursive: true, force: true }))

test('every published package can be packed', () => {
  const size = (name: string) => tarballs.find((tarball) => tarball.name === name)?.bytes ?? 0
  const usual = ['core', 'memory', 'codec', 'sqlite'].map((name) => size(`@granary/${name}`))
  for (const { name, bytes } of tarballs) console.log(kilobytes(name, bytes))
  console.log(
    kilobytes(
      'core + memory + codec + sqlite',
      usual.reduce((sum, bytes) => sum + bytes),
    ),
  )
  expect(tarballs.length).toBeGreaterThan(0)
})

describe.each(['npm', 'pnpm'] as const)('installed with %s', (packageManager) => {
  let folder = ''

  beforeAll(() => {
    folder = installWith(packageManager, tarballs)
  }, 120_000)

  afterAll(() => folder && rmSync(folder, { recursive: true, force: true }))

  test('nothing in the tree runs an install script', () => {
    const { packages, scripts } = installed(folder)
    for (const { name } of tarballs) expect(packages.some((one) => one.startsWith(`${name}@`))).toBe(true)
    expect(scripts).toEqual([])
    console.log(`${packageManager}: ${packages.length} packages, no install script: ${packages.join(' ')}`)
  })

  test('the types of core, memory and compression need no types of Node', { timeout: 60_000 }, () => {
    compileForBrowser(
      folder,
      "export * from '@granary/core'\nexport * from '@granary/memory'\nexport * from '@granary/compression'\n",
    )
  })

  test('the examples of every page compile strictly, and run', { timeout: 120_000 }, () => {
    const pages = examples()
    expect(pages[0]?.page, 'what a new user pastes first').toBe('README.md')
    const files = compile(
      folder,
      pages.map(({ source }) => source),
    )
    for (const [i, { page, source }] of pages.entries()) {
      const printed = execute(folder, files[i] as string, page)
      expect(notPrinted(source, printed), `what an example on ${page} should print\n${printed}`).toBeUndefined()
      if (i === 0) console.log(printed.trimEnd())
    }
  })
})

test('an install script is seen where it is, however deep', () => {
  const folder = mkdtempSync(join(tmpdir(), 'granary-scripts-'))
  plantPackage(join(folder, 'node_modules/.pnpm/a@1.0.0/node_modules/a'), { name: 'a', scripts: { postinstall: 'x' } })
  plantPackage(join(folder, 'node_modules/b/node_modules/@scope/c'), { name: '@scope/c', scripts: { test: 'x' } })
  const compiled = join(folder, 'node_modules/d')
  plantPackage(compiled, { name: 'd' })
  writeFileSync(join(compiled, 'binding.gyp'), '{}')
  const { packages, scripts } = installed(folder)
  rmSync(folder, { recursive: true })
  expect(packages).toEqual(['@scope/c@1.0.0', 'a@1.0.0', 'd@1.0.0'])
  expect(scripts.toSorted()).toEqual(['a@1.0.0: postinstall', 'd@1.0.0: binding.gyp'])
})

/** Runs a compiled example; where it fails, says on which page it stands. */
function execute(folder: string, file: string, page: string): string {
  try {
    return run(folder, 'node', file)
  } catch (cause) {
    throw new Error(`an example on ${page} fails: ${(cause as Error).message}`, { cause })
  }
}

function plantPackage(folder: string, manifest: object): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ version: '1.0.0', ...manifest }))
}

function kilobytes(what: string, bytes: number): string {
  return `${what.padEnd(32)} ${(bytes / 1000).toFixed(1).padStart(7)} kB packed`
}
