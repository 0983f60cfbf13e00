import { expect, it } from 'vitest'
import { InFlight } from '../src/in-flight.js'
import { settled } from './stores.js'

it('admits so many that have not settled, and says of the first beyond that it is the first', async () => {
  const inFlight = new InFlight(4)
  const calls = Array.from({ length: 4 }, () => Promise.withResolvers<void>())
  for (const { promise } of calls) {
    expect(inFlight.admits()).toBe(true)
    inFlight.track(promise)
  }
  expect([inFlight.admits(), inFlight.admits()]).toEqual(['first', false])
  calls[0]?.reject(new Error('a failure has settled too'))
  await settled()
  expect(inFlight.admits()).toBe(true)
  inFlight.track(new Promise(() => {}))
  expect(inFlight.admits()).toBe(false)
  for (const { resolve } of calls) resolve()
  await settled()
  expect(inFlight.admits()).toBe(true)
})
