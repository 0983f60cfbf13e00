import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'

// Other processes are started here, on a machine that may have more to run.
vi.setConfig({ testTimeout: 60_000 })

const own = join(import.meta.dirname, '..')

it('has a first example that runs, and that computes nothing the second time', () => {
  const folder = mkdtempSync(join(tmpdir(), 'granary-readme-'))
  try {
    const example = /^```ts\n([\s\S]*?)^```/m.exec(readFileSync(join(own, 'README.md'), 'utf8'))?.[1] ?? ''
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(own, join(folder, 'node_modules', 'granary'), 'junction')
    const source = join(folder, 'example.mts')
    writeFileSync(source, example)
    const compiler = join(own, 'node_modules', 'typescript', 'bin', 'tsc')
    const options = ['--ignoreConfig', '--strict', '--target', 'es2023', '--module', 'nodenext']
    const types = [
      '--lib',
      'es2024,esnext.disposable,dom',
      '--types',
      'node',
      '--typeRoots',
      join(own, 'node_modules', '@types'),
    ]
    execFileSync(process.execPath, [compiler, ...options, ...types, source], { stdio: 'inherit' })
    const run = () => execFileSync(process.execPath, ['example.mjs'], { cwd: folder }).toString()
    expect(run()).toMatch(/^fetching .*\n4 words\n4 words, without fetching again\n\{ computations: 1, hits: 1 \}\n$/)
    expect(run()).toMatch(/^4 words\n4 words, without fetching again\n\{ computations: 0, hits: 2 \}\n$/)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
