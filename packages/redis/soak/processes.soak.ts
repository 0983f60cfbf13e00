import { afterAll, beforeAll, expect, it } from 'vitest'
import { askForColdKeys, killLeaders } from '../test/rigs/cold-key.ts'
import { readWhileDeleted } from '../test/rigs/news.ts'
import { percentile, spread } from '../test/rigs/percentile.ts'
import { type Server, startServer } from '../test/rigs/server.ts'

const SOAK = Number(process.env.GRANARY_SOAK ?? 1)

let server: Server
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

it('P2, P5: a delete in one process, read by seven others', { timeout: 0 }, async () => {
  const { late, lateWhenKilled, never } = await readWhileDeleted(server, 20 * SOAK, 'with')
  console.log(`P5: until the last old read ${spread(late)}, of ${late.length}`)
  console.log(`P5, fault 15: while connections were killed ${spread(lateWhenKilled)}, of ${lateWhenKilled.length}`)
  const control = await readWhileDeleted(server, 5, 'without')
  console.log(`P5: without the feed ${control.never} of 35 read the old value long after`)
  expect(never).toBe(0)
  expect(percentile(late, 0.99)).toBeLessThan(100 * 5)
  expect(control.never).toBe(35)
})

it('P8: eight processes and one cold key', { timeout: 0 }, async () => {
  const rounds = 20 * SOAK
  const { computations, waited } = await askForColdKeys(server, rounds)
  console.log(`P8, fault 26: ${computations} computations in ${rounds} rounds; waited ${spread(waited)}`)
  expect(computations).toBeLessThanOrEqual(rounds * 1.1)
})

it('P8: the one that computes is killed', { timeout: 0 }, async () => {
  const kills = 3 * SOAK
  const { computations, late } = await killLeaders(server, kills)
  console.log(`P8, fault 27: ${computations} computations with ${kills} killed; after the lease ${spread(late)}`)
  expect(percentile(late, 0.99)).toBeLessThan(100 * 5)
})
