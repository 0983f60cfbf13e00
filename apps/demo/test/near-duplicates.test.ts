import { expect, it } from 'vitest'
import { Likenesses, Sketches } from '../src/compare-worker.js'
import { groupsOf } from '../src/near-duplicates.js'

it('puts together what is alike through others, and copies, the largest group first', () => {
  const paths = new Map([
    ['A', ['a', 'copy of a']],
    ['B', ['b']],
    ['C', ['c']],
    ['D', ['d']],
    ['E', ['e']],
    ['F', ['f']],
  ])
  const sketches = Sketches({ signatures: ['E', 'A', 'F', 'B', 'C', 'D'] })
  const found = [
    { of: 2, to: 0, similarity: 0.9 },
    { of: 4, to: 3, similarity: 0.8 },
    { of: 4, to: 1, similarity: 0.7 },
  ]
  const groups = groupsOf(paths, sketches, Likenesses({ found }))
  expect(groups.map((group) => [...group.paths].sort())).toEqual([
    ['a', 'b', 'c', 'copy of a'],
    ['e', 'f'],
  ])
  expect(groups[0]?.pairs).toContainEqual({ path: 'copy of a', to: 'a', similarity: 1 })
})
