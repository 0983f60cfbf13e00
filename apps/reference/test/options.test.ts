// Every option that the types have is on its package's README, and no README has an option that the types have not.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DeclarationReflection, type ProjectReflection, ReflectionKind } from 'typedoc'
import { beforeAll, expect, it } from 'vitest'
import { readReference, root } from '../src/reference.ts'

const OPTIONS = /(Options|Caching|LayerPolicy|RetryPolicy)$/

let project: ProjectReflection

beforeAll(async () => {
  project = (await readReference()).project
}, 60_000)

it('every option is explained where its package is', () => {
  const missing = optionsOf(project).flatMap(({ readme, owner, names }) => {
    const said = wordsIn(readme)
    return names.filter((name) => !said.has(name)).map((name) => `${readme}: ${owner}.${name}`)
  })
  expect(missing).toEqual([])
})

it('every row of a table of options is one', () => {
  const known = new Set(optionsOf(project).flatMap(({ names }) => names))
  const readmes = new Set(optionsOf(project).map(({ readme }) => readme))
  const unknown = [...readmes].flatMap((readme) => {
    return rowsOf(readFileSync(join(root, readme), 'utf8'))
      .filter((name) => !known.has(name))
      .map((name) => `${readme}: ${name}`)
  })
  expect(unknown).toEqual([])
})

interface Options {
  readonly readme: string
  readonly owner: string
  readonly names: readonly string[]
}

/** The interfaces of options that each package exports, with their properties; those of re-exported ones are another's. */
function optionsOf(read: ProjectReflection): Options[] {
  return (read.children ?? []).flatMap((module) => {
    const readme = `packages/${module.name.split('/')[0]}/README.md`
    if (!existsSync(join(root, readme))) return []
    return module
      .getChildrenByKind(ReflectionKind.Interface)
      .filter(({ name }) => OPTIONS.test(name))
      .map((owner) => ({ readme, owner: owner.name, names: propertiesOf(owner) }))
  })
}

function propertiesOf(owner: DeclarationReflection): string[] {
  return (owner.children ?? []).map(({ name }) => name)
}

/** What stands in code marks: `ttl`, and of `memory.maxBytes` or `{ ttl, tags }` each name. */
function wordsIn(readme: string): Set<string> {
  const page = readFileSync(join(root, readme), 'utf8')
  const code = Array.from(page.matchAll(/`([^`\n]+)`/g), ([, text = '']) => text.match(/[A-Za-z]\w*/g) ?? [])
  return new Set(code.flat())
}

/** The first cells of the tables whose first heading is "option". */
function rowsOf(page: string): string[] {
  const tables = page.match(/^\| option \|.*\n(\|.*\n)+/gm) ?? []
  const cells = tables.flatMap((table) =>
    table
      .split('\n')
      .slice(2)
      .map((line) => line.split('|')[1] ?? ''),
  )
  return cells.flatMap((cell) => Array.from(cell.matchAll(/`(\w+)`/g), ([, name = '']) => name))
}
