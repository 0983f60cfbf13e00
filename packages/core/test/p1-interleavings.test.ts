import { afterEach, describe, expect, it, vi } from 'vitest'
import { Marks } from '../src/marks.js'
import { Owed } from '../src/owed.js'
import { SingleFlight } from '../src/single-flight.js'
import { searchForViolation } from './p1-model.js'

const RUNS = 10_000
/** The mutants are searched for in the same interleavings each time. */
const SEED = 1

afterEach(() => vi.restoreAllMocks())

describe('P1, P3, fault 16: scheduled interleavings of computing, setting, deleting, clearing and tags', () => {
  it(`no value comes back in ${RUNS} of them, over memory, over stores that answer late, over one that fails`, {
    timeout: 120_000,
  }, async () => {
    const { found, tally } = await searchForViolation(RUNS)
    expect(found).toBeUndefined()
    expect(tally.replayed).toBeGreaterThan(RUNS / 10)
  })

  it.each([
    [
      'that lets computations store whatever was invalidated meanwhile',
      () => vi.spyOn(Marks.prototype, 'refusal').mockReturnValue(undefined),
    ],
    ['that does not judge entries by marks', () => vi.spyOn(Marks.prototype, 'invalidated').mockReturnValue(false)],
    [
      'that lets callers join a run that was overtaken',
      () => vi.spyOn(SingleFlight.prototype, 'detach').mockReturnValue(undefined),
    ],
    ['that forgets what a layer still owes', () => vi.spyOn(Owed.prototype, 'coversKey').mockReturnValue(false)],
  ])('the search finds a cache %s', { timeout: 120_000 }, async (_, mutate) => {
    mutate()
    expect((await searchForViolation(RUNS, SEED)).found).toBeDefined()
  })
})
