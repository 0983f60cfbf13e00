import { readFileSync } from 'node:fs'
import { type ImportReport, importBundle } from '@granary/codec'
import { describe, expect, it } from 'vitest'
import { fuzzBundles, type Import } from './fuzz/bundles.js'
import { fuzz, outcomeOf } from './fuzz/fuzz.js'
import { targets } from './fuzz/targets.js'
import { WEAKNESSES } from './fuzz/weaknesses.js'

describe('P6, fault 45: bytes that somebody has made up, with checksums and seals that fit', () => {
  const all = targets()

  it.each(all.map((target) => [target.name, target] as const))(
    'are refused, or give a value that a program could have stored: %s',
    (_, target) => {
      const report = fuzz([target], 4_000, 20_261_123)
      expect(report.finding).toBeUndefined()
      const outcomes = [...report.outcomes.keys()].join()
      // Each decoder is reached, behind all that comes before it.
      for (const reached of ['value', 'undecodable', 'damaged', 'truncated', 'unknown-format']) {
        expect(outcomes).toContain(reached)
      }
    },
  )

  const corpus = JSON.parse(readFileSync(new URL('./fuzz/corpus.json', import.meta.url), 'utf8')) as {
    target: string
    outcome: string
    hex: string
  }[]

  it('that were kept are taken as they were before', () => {
    expect(corpus.length).toBeGreaterThan(60)
    for (const { target: name, outcome, hex } of corpus) {
      const target = all.find((each) => each.name === name)
      expect(target, name).toBeDefined()
      if (target !== undefined) expect([name, outcomeOf(target, hex)]).toEqual([name, outcome])
    }
  })
})

it('N10, fault 45: bundles that somebody has made up give what is intact in them, and say whether they are whole', async () => {
  const { finding, imported, refused } = await fuzzBundles(2_000, 20_261_123)
  expect(finding).toBeUndefined()
  expect(imported).toBeGreaterThan(100)
  const reasons = ['damaged', 'truncated', 'undecodable', 'forged', 'aged', 'times', 'unsealed', 'unknown-format']
  expect([...refused.keys()]).toEqual(expect.arrayContaining(reasons))
})

describe('the fuzzing finds', () => {
  it.each(Object.entries(WEAKNESSES))('%s', (_, weaken) => {
    expect(fuzz([weaken()], 30_000, 7).finding).toBeDefined()
  })
})

describe('the fuzzing of bundles finds', () => {
  it.each<[string, (report: ImportReport) => ImportReport]>([
    ['a cut that is not noticed', (report) => ({ ...report, isWhole: true })],
    ['damage where there is none', (report) => ({ ...report, isWhole: report.imported > 0 && report.isWhole })],
    ['a forgery that is taken', (report) => ({ ...report, imported: report.imported + (report.refused.forged ?? 0) })],
    [
      'an error of the decoder that passes through',
      (report) => {
        if (report.refused.undecodable !== undefined) throw new TypeError('unexpected end of data')
        return report
      },
    ],
  ])('%s', async (_, weaken) => {
    const weak: Import = async (...given) => weaken(await importBundle(...given))
    expect((await fuzzBundles(2_000, 7, weak)).finding).toBeDefined()
  })
})
