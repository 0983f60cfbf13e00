import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { createDirectories } from '../src/directories.js'
import { bytesOf, openBytes, tempFile } from './support/files.js'

it('creates the levels that are missing, for their owner only', () => {
  const directory = join(dirname(tempFile()), 'a', 'b')
  createDirectories(directory)
  createDirectories(directory)
  expect(statSync(directory).isDirectory()).toBe(true)
  expect(statSync(dirname(directory)).mode & 0o777).toBe(0o700)
})

it.skipIf(!existsSync('/proc/self'))('a path where no directory can be made fails at once (fault 38)', async () => {
  expect(() => createDirectories('/proc/granary-none/below')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
  const store = openBytes({ path: '/proc/granary-none/granary.db' })
  expect(await store.set('k', bytesOf('v'))).toEqual({ stored: false, reason: 'failed' })
})
