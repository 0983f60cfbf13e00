import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ScriptedServer } from '@granary/llm/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { demo, newFolder, textOf } from './demo.js'

// Each test starts processes, up to five, on a machine that may have others to run.
vi.setConfig({ testTimeout: 60_000 })

let folder: string
let documents: string
let cache: string

beforeEach(() => {
  folder = newFolder()
  documents = join(folder, 'documents')
  cache = join(folder, 'cache')
  mkdirSync(join(documents, 'below', 'further'), { recursive: true })
  mkdirSync(join(folder, 'empty'))
  write('one.md', textOf(1))
  write('two.txt', textOf(2))
  write('below/three.markdown', textOf(3))
  write('below/further/four.md', textOf(4))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, text: string) => writeFileSync(join(documents, name), text)
const run = () => demo([documents, '--cache', cache])

it('computes everything, then nothing, then one file that was edited, and everything once the cache is deleted', async () => {
  const first = await run()
  expect(first).toMatchObject({ code: 0, stderr: '', computed: { read: 4, analyse: 4 } })
  // Each document is read, analysed and sketched, and all of them are compared.
  expect(first.stdout).toMatch(/^Computed 13 results in /m)

  const second = await run()
  expect(second).toMatchObject({ code: 0, stderr: '', computed: { read: 0, analyse: 0 } })
  expect(second.stdout).toMatch(/^Everything came from the cache: 0 computations, .* of work saved, in /m)
  expect(insights(second.stdout)).toBe(insights(first.stdout))

  write('below/three.markdown', textOf(5))
  const third = await run()
  expect(third).toMatchObject({ code: 0, computed: { read: 1, analyse: 1 } })
  expect(third.stdout).toMatch(/^Computed 4 results in .*; 9 came from the cache: .* of work saved\.$/m)

  rmSync(cache, { recursive: true })
  expect(await run()).toMatchObject({ code: 0, computed: { read: 4, analyse: 4 } })
})

it('reads again what was edited without a change of size or time', async () => {
  await run()
  const file = join(documents, 'one.md')
  const { atime, mtime } = statSync(file)
  write('one.md', textOf(1).replace('number 3.', 'number 9.'))
  utimesSync(file, atime, mtime)
  expect((await run()).computed).toEqual({ read: 1, analyse: 1 })
})

it('reads again, and analyses nothing, where only the markup was edited', async () => {
  await run()
  write('one.md', textOf(1).replace('# Document', '## Document'))
  expect((await run()).computed).toEqual({ read: 1, analyse: 0 })
})

it('computes nothing for files that were touched or copied', async () => {
  await run()
  utimesSync(join(documents, 'one.md'), new Date(), new Date())
  write('copy.md', textOf(1))
  const { computed, stdout } = await run()
  expect(computed).toEqual({ read: 0, analyse: 0 })
  expect(stdout).toMatch(/^read +memory +1 +4$/m)
  expect(stdout).toMatch(/^read +sqlite +4 +0$/m)
})

it('takes a folder from where the user stands', async () => {
  const { code, stdout } = await demo(['documents', '--cache', 'cache'], { cwd: folder })
  expect(code).toBe(0)
  expect(stdout).toContain('4 files: documents in ')
  expect(readdirSync(cache)).toContain('granary.db')
})

it('tells its progress in lines where there is no terminal', async () => {
  const { stdout } = await run()
  expect(stdout).toContain('50%  2 of 4\n')
  expect(stdout).toContain('100%  4 of 4\n')
  expect(stdout).not.toContain('\r')
})

it('skips a file that is too large to read, and says so', async () => {
  write('large.txt', 'x'.repeat(2 * 1024 ** 2 + 1))
  const { code, computed, stderr } = await run()
  expect(code).toBe(0)
  expect(computed).toEqual({ read: 4, analyse: 4 })
  expect(stderr).toMatch(/1 file was skipped:\n {2}.*large\.txt: 2\.0 MB is more than/)
})

it('G20: after a failure in the middle, the second run computes what is missing, and replays the rest', async () => {
  write('large.txt', 'x'.repeat(2 * 1024 ** 2 + 1))
  expect((await run()).computed).toEqual({ read: 4, analyse: 4 })
  write('large.txt', textOf(9))
  const second = await run()
  expect(second).toMatchObject({ code: 0, stderr: '', computed: { read: 1, analyse: 1 } })
  // The fifth document is read, analysed and sketched, and all are compared anew.
  expect(second.stdout).toMatch(/^Computed 4 results in .*; 12 came from the cache:/m)
})

it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('skips what it may not read', async () => {
  chmodSync(join(documents, 'one.md'), 0)
  chmodSync(join(documents, 'below', 'further'), 0)
  const { code, computed, stderr } = await run()
  chmodSync(join(documents, 'below', 'further'), 0o700)
  expect(code).toBe(0)
  expect(computed).toEqual({ read: 2, analyse: 2 })
  expect(stderr).toMatch(/2 files were skipped:\n.*further: EACCES.*\n.*one\.md: EACCES/)
})

it('goes on without a cache that is damaged, and says so', async () => {
  mkdirSync(cache)
  writeFileSync(join(cache, 'granary.db'), 'no database, whatever its name says'.repeat(1_000))
  const { code, computed, stderr } = await run()
  expect(code).toBe(0)
  expect(computed).toEqual({ read: 4, analyse: 4 })
  expect(stderr).toContain(`delete ${cache}`)
})

describe('summaries', () => {
  it('are made by a model of the demo’s own where there is no key, and say so', async () => {
    const { stdout } = await run()
    expect(stdout).toMatch(
      /Summaries, by a model of the demo’s own, which picks sentences and writes none:\n {2}\S+: \S/,
    )
    expect(stdout).toContain('3 calls, 0 answers from the cache. For a real model set OPENAI_API_KEY')
    expect((await run()).stdout).toContain('0 calls, 3 answers from the cache.')
  })

  it('are made by the model in the environment, once, and the tokens and money are told', async () => {
    await using server = await ScriptedServer.start()
    server.always({ text: '{"summary":"It is about files."}', usage: { input: 1_000, output: 100 } })
    const env = { OPENAI_API_KEY: 'sk-test-0123456789abcdef', OPENAI_BASE_URL: `${server.url}/v1` }
    const ask = () => demo([documents, '--cache', cache], { env })
    const first = await ask()
    expect(first.stdout).toContain('Summaries, by gpt-5-mini of openai:')
    expect(first.stdout).toContain(': It is about files.\n')
    expect(first.stdout).toContain(
      '3 calls, 0 answers from the cache: 3,300 tokens spent ($0.00135), 0 tokens saved ($0.00).',
    )
    expect(server.count).toBe(3)
    const second = await ask()
    expect(second.stdout).toContain(
      '0 calls, 3 answers from the cache: 0 tokens spent ($0.00), 3,300 tokens saved ($0.00135).',
    )
    expect(server.count).toBe(3)
    expect(first.stdout + first.stderr).not.toContain(env.OPENAI_API_KEY)
  })

  it('are left out where the model fails, and all else is told; the next run asks for them alone', async () => {
    await using server = await ScriptedServer.start()
    server.always({ status: 401, error: { type: 'authentication_error', message: 'no' } })
    const env = { ANTHROPIC_API_KEY: 'sk-ant-test-0123456789', ANTHROPIC_BASE_URL: server.url }
    const { code, stdout } = await demo([documents, '--cache', cache], { env })
    expect(code).toBe(0)
    expect(stdout).toContain('not summarized (anthropic answered with status 401 (authentication_error))')
    expect(server.count).toBe(3)
    server.always({ text: '{"summary":"It is about files."}' })
    const next = await demo([documents, '--cache', cache], { env })
    expect(next).toMatchObject({ code: 0, computed: { read: 0, analyse: 0 } })
    expect(next.stdout).toContain('3 calls, 0 answers from the cache')
  })
})

describe('misuse is one line and exit code 2:', () => {
  const misuse: readonly (readonly [string, () => readonly string[], RegExp])[] = [
    ['a folder that is missing', () => [join(folder, 'nothing')], /there is no folder .*nothing: give one/],
    ['a file', () => [join(documents, 'one.md')], /one\.md is a file: give the folder that it is in/],
    ['a folder without documents', () => [join(folder, 'empty')], /no \.md, \.markdown or \.txt file in .*: give/],
    ['an unknown option', () => ['--fast'], /Unknown option '--fast'; --help shows/],
    ['two folders', () => [documents, cache], /give one folder, not 2; --help shows/],
    ['a cache that is a file', () => [documents, '--cache', join(documents, 'one.md')], /one\.md is a file/],
  ]

  it.each(misuse)('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await demo(args())
    expect(stderr).toMatch(message)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })
})

it('shows its options when asked', async () => {
  const { code, stdout } = await demo(['--help'])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^Usage: npm start/)
  expect(stdout).toContain('--cache <folder>')
})

it.skipIf(process.platform === 'win32')('keeps what was computed when it is interrupted', async () => {
  const files = 30
  for (let i = 0; i < files - 4; i++) write(`long ${i}.txt`, textOf(i + 10, 200))
  const interrupted = await demo([documents, '--cache', cache], {
    watch: (stdout, child) => void (stdout.includes('20%') && child.kill('SIGINT')),
  })
  expect(interrupted).toMatchObject({ code: 130, computed: undefined })
  const done = Number(/^Stopped after (\d+) of 30 files; what was computed is kept\.$/m.exec(interrupted.stderr)?.[1])
  expect(done).toBeGreaterThan(0)

  const next = await run()
  // The cache was left whole: nothing in it failed.
  expect(next).toMatchObject({ code: 0, stderr: '' })
  expect(next.computed?.analyse).toBeGreaterThan(0)
  expect(next.computed?.read).toBeLessThanOrEqual(files - done)
  expect(next.computed?.analyse).toBeLessThanOrEqual(files - done)
})

/** What is said of the documents: all between the table and the counts. */
function insights(stdout: string): string | undefined {
  return /^[\d,]+ words in [\s\S]*?\n\n/m.exec(stdout)?.[0]
}
