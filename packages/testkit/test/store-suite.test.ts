import { describe, expect, it } from 'vitest'
import { mapStore } from '../src/map-store.js'
import { type StoreSuiteOptions, storeSuite } from '../src/store-suite/store-suite.js'
import { collect, failed } from './collect.js'
import { STORE_MUTANTS } from './mutants/store-mutants.js'
import { historyWith } from './observed.js'

const check = (options: StoreSuiteOptions) => collect((runner) => storeSuite(runner, 'store', options))

storeSuite({ describe, it }, 'mapStore', { create: () => mapStore(), offers: ['entries', 'stats'] })
storeSuite({ describe, it }, 'historyStore', { ...historyWith(), offers: ['invalidate', 'getMany', 'observe'] })

describe('the suite can fail', () => {
  const noticed = new Set<string>()

  describe.each(STORE_MUTANTS)('a store that %s', (_, title, options) => {
    it(`is noticed by the case "${title}"`, { timeout: 60_000 }, async () => {
      const outcomes = await check(options)
      const failures = failed(outcomes)
      expect(failures.filter((failure) => failure.includes(title))).not.toEqual([])
      // A store of which most is wrong proves little of any single case.
      if (failures.length < outcomes.size / 2) for (const failure of failures) noticed.add(failure)
    })
  })

  it('every case notices at least one of these stores', async () => {
    const cases = [...(await check(historyWith())).keys()]
    expect(cases.filter((title) => !noticed.has(title))).toEqual([])
  })

  it('a capability that is missing is noticed where it is said to be offered', async () => {
    const outcomes = await check({ create: () => mapStore(), offers: ['entries', 'invalidate'] })
    expect(failed(outcomes)).toEqual(['offers invalidate'])
  })

  it('a store that cannot be opened fails every case', async () => {
    const create = () => Promise.reject(new Error('no such file'))
    const outcomes = await check({ create })
    expect(failed(outcomes)).toHaveLength(outcomes.size)
  })
})
