import { afterEach, describe, expect, it, vi } from 'vitest'
import { Backoff } from '../src/backoff.js'
import { Keeper } from '../src/keeper.js'
import { Marks } from '../src/marks.js'
import { Runner } from '../src/runner.js'
import { Serving } from '../src/serving.js'
import { SingleFlight } from '../src/single-flight.js'
import { searchForBreach } from './freshness-model.js'

const RUNS = 20_000
/** The mutants are searched for in the same interleavings each time. */
const SEED = 1

afterEach(() => vi.restoreAllMocks())

describe('B2, B3, B4, B12, P1, P8, P9: scheduled interleavings of all policies with computations that succeed, fail, hang and recover', () => {
  it(`what each caller got follows the model in ${RUNS} of them`, { timeout: 120_000 }, async () => {
    const { found, tally } = await searchForBreach(RUNS)
    expect(found).toBeUndefined()
    // Each policy had something to do.
    expect(tally.stale).toBeGreaterThan(RUNS / 10)
    expect(tally.negative).toBeGreaterThan(RUNS / 1_000)
    expect(tally.computations).toBeGreaterThan(RUNS)
  })

  it.each<[string, () => void]>([
    ['that serves what is stale without end', () => vi.spyOn(Serving.prototype, 'may').mockReturnValue(true)],
    ['that serves nothing stale', () => vi.spyOn(Serving.prototype, 'may').mockReturnValue(false)],
    ['that has callers wait for a refresh', () => vi.spyOn(Serving.prototype, 'mayAtOnce').mockReturnValue(false)],
    ['that does not hold refreshes back', () => vi.spyOn(Backoff.prototype, 'holds').mockReturnValue(false)],
    ['that holds refreshes back for ever', () => vi.spyOn(Backoff.prototype, 'holds').mockReturnValue(true)],
    ['that forgets failures', () => vi.spyOn(Keeper.prototype, 'failed').mockReturnValue(undefined)],
    ['that begins a run for each caller', () => vi.spyOn(SingleFlight.prototype, 'current').mockReturnValue(undefined)],
    ['that waits for a hanging computation', () => vi.spyOn(Runner.prototype, 'timeOut').mockReturnValue(undefined)],
    ['that does not judge entries by marks', () => vi.spyOn(Marks.prototype, 'invalidated').mockReturnValue(false)],
  ])('the search finds a cache %s', { timeout: 120_000 }, async (_, mutate) => {
    mutate()
    expect((await searchForBreach(RUNS, SEED)).found).toBeDefined()
  })
})
