import { expect, it } from 'vitest'
import { GranaryError } from '../src/index.js'

it('carries a stable code, a message and a cause', () => {
  const cause = new Error('below')
  const error = new GranaryError('TIMEOUT', 'too late', { cause })
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({ name: 'GranaryError', code: 'TIMEOUT', message: 'too late', cause })
  expect(String(error)).toBe('GranaryError: too late')
})

it('has no cause where none was given', () => {
  expect('cause' in new GranaryError('CLOSED', 'closed')).toBe(false)
})
