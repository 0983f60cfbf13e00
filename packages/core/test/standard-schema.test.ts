import { expect, it } from 'vitest'
import { describeIssues } from '../src/standard-schema.js'

it('gives one line for each issue, with its path from the root', () => {
  const issues = [
    { message: 'expected number', path: ['options', { key: 'depth' }] },
    { message: 'too short', path: [{ key: 'list' }, 0] },
    { message: 'no' },
  ]
  expect(describeIssues(issues, 'task')).toBe('task.options.depth: expected number; task.list.0: too short; task: no')
})

it('takes symbols in a path', () => {
  expect(describeIssues([{ message: 'odd', path: [Symbol('s')] }], 'task')).toBe('task.Symbol(s): odd')
})
