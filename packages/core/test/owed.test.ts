import { expect, it } from 'vitest'
import { FakeClock } from '../../testkit/src/index.js'
import type { Mark } from '../src/index.js'
import { Owed } from '../src/owed.js'
import { settled } from './stores.js'

function open(forget: (marks: readonly Mark[]) => Promise<void> | void = () => {}) {
  const succeeds = async (marks: readonly Mark[]) => {
    try {
      await forget(marks)
      return true
    } catch {
      return false
    }
  }
  const clock = new FakeClock()
  const tried: (readonly Mark[])[] = []
  const owed = new Owed(clock, (marks) => {
    tried.push(marks)
    return succeeds(marks)
  })
  return { clock, owed, tried }
}

const nothing = { namespace: '', tags: [] }

it('covers what was added until it is done', () => {
  const { owed } = open()
  const settlement = owed.add([{ key: 'k' }, { tag: 't' }, { namespace: '1:a' }])
  expect([owed.coversKey('k'), owed.coversKey('l')]).toEqual([true, false])
  expect(owed.coversScopes({ ...nothing, tags: ['s', 't'] })).toBe(true)
  expect(owed.coversScopes({ namespace: '1:a1:b', tags: [] })).toBe(true)
  expect(owed.coversScopes({ namespace: '1:b', tags: ['s'] })).toBe(false)
  settlement.done()
  expect([owed.coversKey('k'), owed.size]).toEqual([false, 0])
})

it('covers every scope once the root is owed', () => {
  const { owed } = open()
  owed.add([{ namespace: '' }])
  expect([owed.coversScopes({ namespace: '1:a', tags: [] }), owed.coversScopes(nothing)]).toEqual([true, true])
})

it('keeps what failed, and tries it again after a pause that doubles up to 10 seconds', async () => {
  const { owed, clock, tried } = open(() => Promise.reject(new Error('down')))
  owed.add([{ key: 'k' }]).failed()
  const pauses: number[] = []
  for (let count = 0, waited = 0; count < 10; waited += 10) {
    owed.settleWhenDue()
    await settled()
    if (tried.length > count) {
      pauses.push(waited)
      count = tried.length
      waited = 0
    }
    clock.advance(10)
  }
  expect(pauses.map((pause) => Math.round(pause / 100) * 100)).toEqual([
    100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000, 10_000,
  ])
  expect(owed.coversKey('k')).toBe(true)
})

it('is free of a debt once a later try succeeds, and begins with short pauses again', async () => {
  let up = false
  const { owed, clock, tried } = open(() => (up ? undefined : Promise.reject(new Error('down'))))
  owed.add([{ key: 'k' }]).failed()
  for (let step = 0; step < 5; step++) {
    clock.advance('1m')
    owed.settleWhenDue()
    await settled()
  }
  up = true
  clock.advance('1m')
  owed.settleWhenDue()
  await settled()
  expect(owed.size).toBe(0)
  owed.add([{ key: 'k' }]).failed()
  const before = tried.length
  clock.advance(200)
  owed.settleWhenDue()
  expect(tried.length).toBe(before + 1)
})

it('does not try what is being tried', () => {
  const { owed, clock, tried } = open(() => new Promise(() => {}))
  owed.add([{ key: 'k' }])
  clock.advance('1h')
  owed.settleWhenDue()
  expect(tried).toEqual([])
  owed.add([{ key: 'l' }]).failed()
  clock.advance('1h')
  owed.settleWhenDue()
  owed.settleWhenDue()
  expect(tried).toEqual([[{ key: 'l' }]])
})

it('stays owed while one of two that overlap has failed', () => {
  const { owed } = open()
  const [first, second] = [owed.add([{ key: 'k' }]), owed.add([{ key: 'k' }])]
  second.failed()
  first.done()
  expect(owed.coversKey('k')).toBe(true)
})

it('is free when both of two that overlap are done, in whatever order', () => {
  const { owed } = open()
  const [first, second] = [owed.add([{ key: 'k' }]), owed.add([{ key: 'k' }])]
  second.done()
  first.done()
  expect(owed.coversKey('k')).toBe(false)
})

it('forgives a key that was overwritten by a call that came after the failure, and no other', () => {
  const { owed } = open()
  const early = owed.sequence
  owed.add([{ key: 'k' }]).failed()
  owed.forgive('k', early)
  expect(owed.coversKey('k'), 'that call was made before').toBe(true)
  owed.forgive('other', owed.sequence)
  expect(owed.coversKey('k')).toBe(true)
  owed.forgive('k', owed.sequence)
  expect(owed.coversKey('k')).toBe(false)
})

it('fault 20: owes everything, in one debt, beyond 10,000', () => {
  const { owed } = open()
  for (let i = 0; i <= 10_000; i++) owed.add([{ key: `k${i}` }]).failed()
  expect(owed.size).toBe(1)
  expect(owed.coversKey('never added')).toBe(true)
})
