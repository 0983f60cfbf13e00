import { describe, expect, it } from 'vitest'
import { differingPaths, digestParts, type Roots } from '../src/key-parts.js'
import { Document } from './workers.js'

const task = (over: object = {}) => ({ path: 'a', options: { depth: 2, words: ['x', 'y'] }, ...over })
const compared = (one: unknown, other: unknown, name = '') =>
  differingPaths([[name, one]], digestParts([[name, other]], 's'), 's')

describe('N1: the parts in which two keys differ', () => {
  it.each<[string, object, string[]]>([
    ['nothing', {}, []],
    ['a property', { path: 'b' }, ['path']],
    ['a property deeper down', { options: { depth: 3, words: ['x', 'y'] } }, ['options.depth']],
    ['an item', { options: { depth: 2, words: ['x', 'z'] } }, ['options.words[1]']],
    ['the kind of a value', { path: undefined }, ['path']],
    ['a property that only the other has', { options: { depth: 2, words: ['x', 'y'], more: 1 } }, ['options']],
    ['one that the other lacks', { options: { words: ['x', 'y'] } }, ['options', 'options.depth']],
    ['a property of the whole', { path: 'a', more: 1 }, ['task']],
    ['a date', { path: new Date(0) }, ['path']],
  ])('are named by path: %s', (_, over, paths) => {
    expect(compared(task(), task(over))).toEqual(paths)
  })

  it('are the same for a task as for its data, in whatever order', () => {
    expect(compared(Document({ path: 'a', text: 'b' }), { text: 'b', path: 'a' })).toEqual([])
  })

  it('are told apart by root', () => {
    const other: Roots = [
      ['a', 1],
      ['b', 2],
    ]
    expect(
      differingPaths(
        [
          ['a', 1],
          ['b', 3],
        ],
        digestParts(other, 's'),
        's',
      ),
    ).toEqual(['b'])
  })

  it('are at most 64: what is larger counts as a whole', () => {
    const many = (value: number) => ({ list: Array.from({ length: 1_000 }, () => value), name: 'n' })
    expect(digestParts([['', many(1)]], 's').length).toBeLessThanOrEqual(64 * 12)
    expect(compared(many(1), many(2))).toEqual(['list'])
    let deep: unknown = 1
    for (let i = 0; i < 100; i++) deep = { deep }
    expect(compared({ deep }, { deep: { deep: 2 } })).not.toEqual([])
  })

  it('leave nothing of the input in their digests, which depend on the secret', () => {
    const digests = digestParts([['', task()]], 's')
    expect(Buffer.from(digests).includes('depth')).toBe(false)
    expect(Buffer.from(digests).equals(digestParts([['', task()]], 'another'))).toBe(false)
    expect(differingPaths([['', task()]], digests, 'another')).toContain('path')
  })
})
