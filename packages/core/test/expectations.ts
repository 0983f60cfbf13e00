import { expect } from 'vitest'
import type { GranaryErrorCode } from '../src/index.js'

/** What `toThrow` and `rejects.toThrow` are to find: an error of Granary with this code, and this in its message. */
export function granaryError(code: GranaryErrorCode, message: string | RegExp = ''): Error {
  return expect.objectContaining({ name: 'GranaryError', code, message: expect.stringMatching(message) })
}
