// The guide's five-minute starts, with the real SDKs: compiled strictly, run, and what they print compared with their comments.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'

const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'guide', 'llm.md'), 'utf8')
const starts = Array.from(
  page.matchAll(/^## (.*)\n[^#]*?^```ts sdk\n([\s\S]*?)^```/gm),
  ([, title = '', source = '']) => ({
    title,
    source,
  }),
)
// In the package, so that its dependencies are found.
const folder = join(import.meta.dirname, '..', '.reports', 'guide')

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [i, { source }] of starts.entries()) writeFileSync(join(folder, `start-${i}.ts`), source)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('has a start for each SDK', () => {
  expect(starts.map(({ title }) => title)).toEqual([
    'openai',
    '@anthropic-ai/sdk',
    'ollama',
    'The AI SDK (`ai` 6 and 7)',
    'LangChain',
  ])
})

it('whose examples are well typed', { timeout: 60_000 }, () => {
  const options = [
    '--ignoreConfig',
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--target',
    'es2023',
    '--module',
    'nodenext',
    '--types',
    'node',
  ]
  const files = starts.map((_, i) => join(folder, `start-${i}.ts`))
  const { stdout, status } = spawnSync('tsc', [...options, ...files], {
    encoding: 'utf8',
    cwd: join(folder, '..', '..'),
  })
  expect(stdout).toBe('')
  expect(status).toBe(0)
})

it.each(starts.map(({ title, source }, i) => [title, source, i] as const))(
  '%s prints what it says',
  { timeout: 60_000 },
  (_, source, i) => {
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--experimental-strip-types', `start-${i}.ts`], {
      encoding: 'utf8',
      cwd: folder,
    })
    expect(status, stderr).toBe(0)
    const expected = Array.from(source.matchAll(/\/\/ → (.*)$/gm), ([, text]) => text)
    const printed = stdout.trim().split('\n')
    // A line in a loop is printed more than once.
    expect(printed.filter((line, at) => line !== printed[at - 1])).toEqual(
      expected.filter((line, at) => line !== expected[at - 1]),
    )
  },
)
