import { expect, it, vi } from 'vitest'
import { FakeClock } from '../../testkit/src/index.js'
import { Breaker } from '../src/breaker.js'
import { settled } from './stores.js'

function broken() {
  const clock = new FakeClock()
  const probe = vi.fn(async () => {})
  const back = vi.fn()
  const breaker = new Breaker({ clock, mostFailures: 3, probe, back })
  return { clock, probe, back, breaker }
}

it('leaves alone what failed so often in a row, and says so once', () => {
  const { breaker } = broken()
  expect([breaker.failed(), breaker.failed()]).toEqual([false, false])
  breaker.succeeded()
  expect([breaker.failed(), breaker.failed()]).toEqual([false, false])
  expect(breaker.admits()).toBe(true)
  expect([breaker.failed(), breaker.failed()]).toEqual([true, false])
  expect(breaker.admits()).toBe(false)
})

it('tries it out beside the calls, one at a time, and uses it again when it answers', async () => {
  const { breaker, clock, probe, back } = broken()
  for (let i = 0; i < 3; i++) breaker.failed()
  clock.advance(99)
  expect([breaker.admits(), probe.mock.calls.length]).toEqual([false, 0])
  clock.advance(1)
  expect([breaker.admits(), breaker.admits(), probe.mock.calls.length]).toEqual([false, false, 1])
  await settled()
  expect([breaker.admits(), back.mock.calls.length]).toEqual([true, 1])
})

it('tries it out less and less often, but every 500 ms', async () => {
  const { breaker, clock, probe } = broken()
  probe.mockRejectedValue(new Error('no answer'))
  for (let i = 0; i < 3; i++) breaker.failed()
  const triedAt: number[] = []
  const began = clock.now()
  for (let ms = 0; ms < 3_000; ms += 10) {
    clock.advance(10)
    const before = probe.mock.calls.length
    breaker.admits()
    if (probe.mock.calls.length > before) triedAt.push(clock.now() - began)
    await settled()
  }
  expect(triedAt).toEqual([100, 300, 700, 1_200, 1_700, 2_200, 2_700])
})

it('uses it again when a call that was made before has its answer', () => {
  const { breaker, back } = broken()
  for (let i = 0; i < 3; i++) breaker.failed()
  breaker.succeeded()
  expect([breaker.admits(), back.mock.calls.length]).toEqual([true, 1])
})
