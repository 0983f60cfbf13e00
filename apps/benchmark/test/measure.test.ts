import { expect, it } from 'vitest'
import type { Side } from '../src/case.js'
import { measure, median } from '../src/measure.js'
import { asTable, rowOf } from '../src/report.js'

function recorded(log: string[], name: string): Side {
  return {
    run(operations) {
      log.push(`${name} ${operations}`)
    },
    answer: () => 0,
    expected: () => 0,
  }
}

const about = { id: 'T0', name: 'T0-nothing', what: 'nothing', subject: 'a', reference: 'b', clock: 'wall' } as const

it('lets the sides take turns, first one and then the other first, with as many operations each', async () => {
  const log: string[] = []
  const contest = { subject: recorded(log, 's'), reference: recorded(log, 'r') }
  const measured = await measure({ measure: 'time', clock: 'wall', batch: 10, most: 25 }, contest, {
    rounds: 5,
    runMs: 1e9,
  })
  expect(measured.operations).toBe(20)
  expect(measured.rounds).toBe(5)
  expect(log.slice(-10)).toEqual(['s', 'r', 'r', 's', 's', 'r', 'r', 's', 's', 'r'].map((side) => `${side} 20`))
  expect(measured.lowest).toBeLessThanOrEqual(measured.ratio)
  expect(measured.highest).toBeGreaterThanOrEqual(measured.ratio)
})

it('takes the median', () => {
  expect(median([9, 1, 5])).toBe(5)
  expect(median([4, 1, 2, 9])).toBe(3)
})

it('judges times and rates against their targets, and nothing without one', () => {
  const measured = { ratio: 1.2, lowest: 1, highest: 2, subjectNs: 120, referenceNs: 100, rounds: 5, operations: 10 }
  const open = () => Promise.reject(new Error('not opened'))
  expect(rowOf({ ...about, measure: 'time', target: 1.1, open }, measured).met).toBe(false)
  expect(rowOf({ ...about, measure: 'rate', target: 1.1, open }, measured).met).toBe(true)
  expect(rowOf({ ...about, measure: 'rate', open }, measured).met).toBeUndefined()
})

it('prints a table of lines that are equally long', () => {
  const measured = { ratio: 1.2, lowest: 1, highest: 2, subjectNs: 12, referenceNs: 2e7, rounds: 5, operations: 10 }
  const open = () => Promise.reject(new Error('not opened'))
  const lines = asTable([rowOf({ ...about, measure: 'time', target: 1.1, open }, measured)]).split('\n')
  expect(lines).toHaveLength(3)
  expect(new Set(lines.map((line) => line.length)).size).toBe(1)
  expect(lines[2]).toContain('1.20× time')
})
