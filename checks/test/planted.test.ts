import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { copyWorkspace, lintErrors, plant, typeErrors, unused } from '../src/planted.ts'
import { workspacePackages } from '../src/workspace.ts'

const packages = workspacePackages()
let copy = ''
let lint = ''
let knip: string[] = []

beforeAll(() => {
  copy = copyWorkspace()
  for (const one of packages) plant(copy, one)
  lint = lintErrors(copy)
  knip = unused(copy)
}, 60_000)

afterAll(() => rmSync(copy, { recursive: true, force: true }))

describe.each(packages)('a fault planted in $name is reported', (one) => {
  const planted = `${one.folder}/src/planted.ts`

  test('by the type checker', { timeout: 20_000 }, () => {
    expect(typeErrors(copy, one)).toMatch(/src\/planted\.ts\(1,14\): error TS2322/)
  })

  test('by Biome', () => {
    expect(lint).toContain(`${planted}:2:1 lint/suspicious/noDebugger`)
    expect(lint).toContain(`${planted}:4:1 lint/nursery/noFloatingPromises`)
  })

  test('by knip: an unused export, file and dependency', () => {
    expect(knip).toContain(`${planted}: planted`)
    expect(knip).toContain(`${one.folder}/src/planted-alone.ts`)
    expect(knip).toContain(`${one.folder}/package.json: planted-dependency`)
  })
})
