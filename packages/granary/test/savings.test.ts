import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FakeClock } from '@granary/testkit'
import { expect, it } from 'vitest'
import { cached, openCache } from '../src/index.js'

it('N4: what hits saved survives restarts, per function, in time and cost', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'granary-savings-'))
  const clock = new FakeClock()
  let computed = 0
  try {
    for (let start = 1; start <= 3; start++) {
      await using cache = openCache(folder, { clock, ttl: '1d' })
      const answer = async (question: string) => {
        computed++
        clock.advance('3s')
        return question.length
      }
      const ask = cached(answer, { name: 'ask', cache })
      await ask('why?')
      await ask('why?')
      // The first of all calls was no hit.
      expect((await ask.cache.stats()).saved).toEqual({ hits: 2 * start - 1, ms: 3_000 * (2 * start - 1), cost: 0 })
      expect((await cache.stats()).saved.hits).toBe(2 * start - 1)
    }
    expect(computed).toBe(1)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
