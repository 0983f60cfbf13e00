import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const own = join(import.meta.dirname, '..')
const compiler = join(own, 'node_modules', 'typescript', 'bin', 'tsc')
const OPTIONS = '--ignoreConfig --strict --target es2023 --lib es2024,esnext.disposable --module nodenext --types node'

it('has a first example that compiles, runs, and prints what the text says', () => {
  mkdirSync(join(own, '.reports'), { recursive: true })
  const folder = mkdtempSync(join(own, '.reports', 'readme-'))
  try {
    const example = /^```ts\n([\s\S]*?)^```/m.exec(readFileSync(join(own, 'README.md'), 'utf8'))?.[1] ?? ''
    writeFileSync(join(folder, 'example.mts'), example)
    execFileSync(process.execPath, [compiler, ...OPTIONS.split(' '), 'example.mts'], { cwd: folder, stdio: 'inherit' })
    const printed = execFileSync(process.execPath, ['example.mjs'], { cwd: folder }).toString()
    expect(printed).toBe(
      "{\n  name: 'Ada',\n  born: 1815-12-10T00:00:00.000Z,\n  roles: Set(1) { 'author' }\n}\nundefined\n",
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
