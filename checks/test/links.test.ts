// Links between the pages of the repository lead somewhere.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../src/workspace.ts'

const pages = globSync(['*.md', 'docs/**/*.md', 'packages/*/*.md', 'apps/*/*.md'], { cwd: root })

test('every relative link leads to a file, and to a heading where it names one', () => {
  expect(pages.length).toBeGreaterThan(10)
  expect(pages.sort().flatMap((page) => broken(page, readFileSync(join(root, page), 'utf8')))).toEqual([])
})

test('a broken link is seen', () => {
  const page =
    'See [this](no-such-file.md), [that](README.md#no-such-heading) and [the first example](README.md#a-first-example).'
  expect(broken('index.md', page)).toEqual(['index.md: no-such-file.md', 'index.md: README.md#no-such-heading'])
})

function broken(page: string, text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '')
  const links = Array.from(prose.matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => link)
  return links.filter((link) => !/^[a-z]+:/.test(link) && !leadsSomewhere(page, link)).map((link) => `${page}: ${link}`)
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path = '', heading] = link.split('#')
  const file = path === '' ? join(root, page) : join(root, dirname(page), path)
  if (!existsSync(file)) return false
  return heading === undefined || headings(readFileSync(file, 'utf8')).includes(heading)
}

/** As GitHub names them. */
function headings(text: string): string[] {
  return Array.from(text.matchAll(/^#+ (.*)$/gm), ([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\- ]/gu, '')
      .replaceAll(' ', '-'),
  )
}
