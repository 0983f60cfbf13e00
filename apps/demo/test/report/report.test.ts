import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CHROMIUM, show } from '../browser.js'
import { demo, newFolder, textOf } from '../demo.js'

// Each test starts processes, on a machine that may have others to run.
vi.setConfig({ testTimeout: 60_000 })

const ARTEFACTS = join(import.meta.dirname, '..', '..', '.reports')

let folder: string
let documents: string
let cache: string

beforeEach(() => {
  folder = newFolder()
  documents = join(folder, 'the <b>documents & "all" of them')
  cache = join(folder, 'cache')
  mkdirSync(documents)
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, text: string) => writeFileSync(join(documents, name), text)
const run = (...args: readonly string[]) => demo([documents, '--cache', cache, ...args])
const report = () => readFileSync(join(cache, 'report.html'), 'utf8')

/** Documents that are much alike, and one of which name and text want to be code. */
function writeHostile(): void {
  for (let i = 0; i < 4; i++) write(`plain ${i}.md`, textOf(i + 1, 40))
  write('nearly plain 1.md', textOf(2, 40).replace('number 7.', 'number seven.'))
  const attack = `</title></svg></style><script>document.title = 'taken'; alert(1)</script><img src=x onerror=alert(2)>`
  const name = `"'><img src=x onerror=alert(3)>\u202e&amp; .txt`
  write(
    process.platform === 'win32' ? 'attack.txt' : name,
    `${`The ${attack} is a text and nothing more. `.repeat(60)}`,
  )
}

it('is written beside the cache, whole, and told of in the last line', async () => {
  writeHostile()
  const { code, stdout } = await run()
  expect(code).toBe(0)
  expect(stdout.trimEnd().split('\n').at(-1)).toBe(`Report: ${join(cache, 'report.html')}`)
  expect(report()).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/)
  expect(readdirSync(cache).filter((name) => name.includes('.part'))).toEqual([])
})

it('shows names and texts of documents, and never obeys them', async () => {
  writeHostile()
  await run()
  const page = report()
  expect(page).not.toMatch(/<script|<img|<b>documents|\son\w+=['"]|javascript:|https?:/i)
  expect(page).toContain('the &lt;b&gt;documents &amp; &quot;all&quot; of them')
  expect(page).toContain('&lt;script&gt;document.title = &#39;taken&#39;')
})

it('says what is alike, and what each run did', async () => {
  writeHostile()
  await run()
  expect(report()).toMatch(/<bdi>nearly plain 1\.md<\/bdi>[\s\S]*<bdi>plain 1\.md<\/bdi>/)
  expect(report()).toContain('Start it again')
  await run()
  expect(report()).toMatch(/<h1>Everything came from the cache, in \d+\u00a0ms<\/h1>/)
  expect(report()).toMatch(/19 computed, 0 replayed[\s\S]*this run[\s\S]*0 computed, 19 replayed/)
})

it('is made also of documents of which little can be said', async () => {
  write('empty.txt', '')
  expect(await run()).toMatchObject({ code: 0, stderr: '' })
  expect(report()).toContain('No two of these documents share half of their wording.')
})

it('goes where --report says; one that cannot be written is one line and exit code 2', async () => {
  write('one.md', textOf(1))
  const elsewhere = join(folder, 'below', 'page.html')
  expect((await run('--report', elsewhere)).stdout).toContain(`Report: ${elsewhere}\n`)
  expect(existsSync(elsewhere)).toBe(true)
  const { code, stderr } = await run('--report', join(documents, 'one.md', 'page.html'))
  expect(code).toBe(2)
  expect(stderr).toMatch(/^granary demo: the report cannot be written to .*: name another file with --report\n$/)
})

if (CHROMIUM === undefined) {
  console.warn(
    'NO CHROMIUM: 2 tests that look at the report in a browser are skipped. Install it, and run npm test again.',
  )
}

describe.skipIf(CHROMIUM === undefined)('in a browser', () => {
  it('renders the installed packages, without a complaint, a request or a word cut off; keeps a picture', async () => {
    for (let i = 0; i < 2; i++) expect(await demo(['--cache', cache])).toMatchObject({ code: 0, stderr: '' })
    for (const scheme of ['light', 'dark'] as const) {
      await show(
        join(cache, 'report.html'),
        async ({ page, complaints, requests }) => {
          expect(await page.locator('h2').allTextContents()).toEqual([
            'This run, and those before',
            'What the documents are about',
            'Near-duplicates',
            'How they read',
            'What each layer answered',
            'Where time went',
            'What was saved',
            'The longest, in short',
          ])
          expect(await page.locator('h1').textContent()).toMatch(/^Everything came from the cache, in /)
          const pictures = await page
            .locator('section svg[role=img]')
            .evaluateAll((all) => all.map((svg) => svg.getBoundingClientRect().height))
          expect(pictures).toHaveLength(5)
          expect(Math.min(...pictures)).toBeGreaterThan(150)
          expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBe(0)
          expect({ complaints, requests }).toEqual({ complaints: [], requests: [] })
          mkdirSync(ARTEFACTS, { recursive: true })
          await page.screenshot({ path: join(ARTEFACTS, `report-${scheme}.png`), fullPage: true })
        },
        scheme,
      )
    }
  })

  it('obeys no document', async () => {
    writeHostile()
    await run()
    await show(join(cache, 'report.html'), async ({ page, complaints, requests }) => {
      expect(await page.title()).toMatch(/^Granary: documents in .*<b>documents/)
      expect(await page.locator('script, img, iframe, object, embed, main b b').count()).toBe(0)
      expect(await page.locator('.cards article').count()).toBe(3)
      expect(await page.locator('.cards').textContent()).toContain('<script>document.title')
      await page.setViewportSize({ width: 400, height: 800 })
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(400)
      expect({ complaints, requests }).toEqual({ complaints: [], requests: [] })
    })
  })
})
