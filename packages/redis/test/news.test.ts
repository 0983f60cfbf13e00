import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readWhileDeleted } from './rigs/news.ts'
import { percentile } from './rigs/percentile.ts'
import { hasRedisServer, type Server, startServer } from './rigs/server.ts'

describe.skipIf(!hasRedisServer)('eight processes and one server', () => {
  let server: Server
  beforeAll(async () => {
    server = await startServer()
  })
  afterAll(() => server.stop())

  it('what one deletes, seven others soon read no more, though their connections are killed (P2, P5, fault 15)', async () => {
    const { late, lateWhenKilled, never } = await readWhileDeleted(server, 16, 'with')
    expect(never).toBe(0)
    expect(lateWhenKilled.length).toBeGreaterThan(0)
    expect(percentile(late, 0.5)).toBeLessThan(20 * 5)
    expect(percentile(lateWhenKilled, 0.5)).toBeLessThan(200 * 5)
  }, 60_000)

  it('without the feed they read it on: the control (P5)', async () => {
    const { never, late } = await readWhileDeleted(server, 1, 'without')
    expect({ never, late }).toEqual({ never: 7, late: [] })
  }, 60_000)
})
