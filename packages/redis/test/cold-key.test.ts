import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askForColdKeys, killLeaders } from './rigs/cold-key.ts'
import { percentile } from './rigs/percentile.ts'
import { hasRedisServer, type Server, startServer } from './rigs/server.ts'

describe.skipIf(!hasRedisServer)('eight processes and one cold key', () => {
  let server: Server
  beforeAll(async () => {
    server = await startServer()
  })
  afterAll(() => server.stop())

  it('one of them computes it (P8, fault 26)', async () => {
    const { computations, waited } = await askForColdKeys(server, 10)
    expect(computations).toBeLessThanOrEqual(12)
    expect(waited.length).toBeGreaterThanOrEqual(10 * 7 - 2)
    expect(percentile(waited, 0.5)).toBeLessThan(25 * 5)
  }, 60_000)

  it('when that one is killed with -9, the next begins as soon as its lease has ended (P8, fault 27)', async () => {
    const { computations, late } = await killLeaders(server, 2)
    expect(computations).toBeLessThanOrEqual(5)
    expect(late.length).toBeGreaterThanOrEqual(2)
    for (const ms of late) expect(ms).toBeLessThan(100 * 5)
  }, 60_000)
})
