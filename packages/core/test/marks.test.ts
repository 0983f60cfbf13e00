import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { namespacePath } from '../src/index.js'
import { Marks, nameOf, scopeNames } from '../src/marks.js'

const root = { namespace: '', tags: [] }

describe('tokens', () => {
  it('P1: what began before a write or delete of its key may not be stored', () => {
    const marks = new Marks(1)
    const [early, other] = [marks.begin('k'), marks.begin('l')]
    expect(marks.refusal(early, root)).toBeUndefined()
    marks.touch('k')
    const late = marks.begin('k')
    expect(marks.refusal(early, root)).toBe('overtaken')
    expect(marks.refusal(late, root)).toBeUndefined()
    expect(marks.refusal(other, root)).toBeUndefined()
  })

  it('P1: what began before a mark on one of its scopes may not be stored', () => {
    const marks = new Marks(1)
    const inner = namespacePath(namespacePath('', 'a'), 'b')
    const token = marks.begin('k')
    for (const mark of [{ tag: 't' }, { namespace: '' }, { namespace: '1:a' }, { namespace: inner }]) {
      const marks = new Marks(1)
      const token = marks.begin('k')
      marks.add(mark)
      expect(marks.refusal(token, { namespace: inner, tags: ['s', 't'] })).toBe('invalidated')
      expect(marks.refusal(marks.begin('k'), { namespace: inner, tags: ['t'] })).toBeUndefined()
    }
    for (const mark of [{ tag: 'T' }, { namespace: '1:b' }, { namespace: `${inner}1:c` }]) marks.add(mark)
    expect(marks.refusal(token, { namespace: inner, tags: ['t'] })).toBeUndefined()
  })

  it('fault 20: leave nothing behind once they have ended, however often that is said', () => {
    const marks = new Marks(1)
    const tokens = Array.from({ length: 100 }, (_, i) => marks.begin(`k${i % 10}`))
    expect(marks.size).toBe(10)
    for (const token of [...tokens, ...tokens]) marks.end(token)
    expect(marks.size).toBe(0)
  })

  it('still know what overtook them while another of the key is open', () => {
    const marks = new Marks(1)
    const [one, other] = [marks.begin('k'), marks.begin('k')]
    marks.touch('k')
    marks.end(other)
    expect(marks.refusal(one, root)).toBe('overtaken')
  })
})

describe('entries', () => {
  it('are misses if a mark above their position covers them', () => {
    const marks = new Marks(1)
    const since = marks.position
    marks.add({ tag: 't' })
    expect(marks.invalidated(since, { namespace: '', tags: ['t'] })).toBe(true)
    expect(marks.invalidated(since, root)).toBe(false)
    expect(marks.invalidated(marks.position, { namespace: '', tags: ['t'] })).toBe(false)
  })

  it('that were found valid are judged by one comparison from then on', () => {
    const marks = new Marks(1)
    const entry = {
      namespace: '',
      tags: ['t'],
      createdAt: 0,
      freshUntil: 1,
      staleUntil: 1,
      computeMs: 0,
      cost: 0,
      since: marks.position,
    }
    marks.add({ tag: 'other' })
    expect(marks.spares(entry)).toBe(true)
    expect(entry.since).toBe(marks.position)
    marks.add({ tag: 't' })
    expect(marks.spares(entry)).toBe(false)
  })

  it('of an earlier process are older than every mark of a later one', () => {
    const before = new Marks(1_000)
    for (let i = 0; i < 100; i++) before.add({ tag: `${i}` })
    const after = new Marks(1_001)
    after.add({ tag: 't' })
    expect(after.invalidated(before.position, { namespace: '', tags: ['t'] })).toBe(true)
    expect(after.invalidated(before.position, root)).toBe(false)
  })
})

describe('the bound', () => {
  it('fault 20: forgets the oldest marks, and never takes what they cover for valid', () => {
    const marks = new Marks(1, 100)
    const since = marks.position
    for (let i = 0; i < 10_000; i++) {
      marks.add({ tag: `t${i}` })
      expect(marks.size).toBeLessThanOrEqual(100)
    }
    for (const tag of ['t0', 't5000', 't9999'])
      expect(marks.invalidated(since, { namespace: '', tags: [tag] })).toBe(true)
    expect(marks.invalidated(marks.position, root)).toBe(false)
  })

  it('P1: whatever is forgotten, what was invalidated stays so', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('mark' as const), tag: fc.nat(20) }),
      fc.record({ do: fc.constant('write' as const), tag: fc.nat(20) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 2, max: 10 }), (steps, bound) => {
        const marks = new Marks(1, bound)
        const entries: { tag: number; since: number; covered: boolean }[] = []
        for (const { do: what, tag } of steps) {
          if (what === 'write') entries.push({ tag, since: marks.position, covered: false })
          else {
            marks.add({ tag: `${tag}` })
            for (const entry of entries) if (entry.tag === tag) entry.covered = true
          }
          for (const { tag, since, covered } of entries)
            if (covered) expect(marks.invalidated(since, { namespace: '', tags: [`${tag}`] })).toBe(true)
        }
      }),
    )
  })

  it('marks that are within it invalidate nothing else', () => {
    const marks = new Marks(1, 100)
    const since = marks.position
    for (let i = 0; i < 49; i++) marks.add({ tag: `t${i}` })
    expect(marks.invalidated(since, { namespace: '', tags: ['other'] })).toBe(false)
  })
})

describe('bare positions', () => {
  it('are judged by key once keys are remembered, and forgotten before', () => {
    const marks = new Marks(1)
    expect(marks.refusalSince(marks.position, 'k', root)).toBe('forgotten')
    marks.rememberKeys()
    const since = marks.position
    marks.touch('k')
    expect(marks.refusalSince(since, 'k', root)).toBe('overtaken')
    expect(marks.refusalSince(since, 'l', root)).toBeUndefined()
    expect(marks.refusalSince(marks.position, 'k', root)).toBeUndefined()
    marks.add({ tag: 't' })
    expect(marks.refusalSince(since, 'l', { namespace: '', tags: ['t'] })).toBe('invalidated')
    expect(marks.refusalSince(since - 1, 'l', root)).toBe('forgotten')
  })
})

it('names no two things alike', () => {
  const names = [{ key: 'a' }, { tag: 'a' }, { namespace: 'a' }, { key: 'ta' }, { tag: 'ka' }, { namespace: '' }].map(
    nameOf,
  )
  expect(new Set(names).size).toBe(names.length)
  expect(scopeNames({ namespace: '1:a1:b', tags: ['t'] }).sort()).toEqual(['n', 'n1:a', 'n1:a1:b', 'tt'])
})
