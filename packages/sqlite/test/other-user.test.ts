import { chmodSync, readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { canMount } from './rigs/mounts.js'
import { asOtherUser, onReadOnlyMount } from './rigs/other-user.js'
import { bytesOf, openBytes, tempFile } from './support/files.js'

/** A file with an entry, in a directory with this mode; the file can be read by everybody. */
async function fileIn(mode: number, fileMode = 0o644): Promise<string> {
  const path = tempFile()
  const store = openBytes({ path })
  await store.set('k', bytesOf('v'))
  await store.close()
  chmodSync(dirname(dirname(path)), 0o755)
  chmodSync(path, fileMode)
  chmodSync(dirname(path), mode)
  return path
}

describe.skipIf(process.platform === 'win32')('a place that may not be written (P7, fault 38)', () => {
  it.each([
    ['a directory that may be read only', 0o555, 0o644],
    ['a directory of another user', 0o700, 0o600],
    ['a file of another user', 0o777, 0o600],
    ['a file that may be read only', 0o777, 0o644],
  ])(
    '%s: the layer is off, with one event for each operation, and the computations go on',
    async (_, mode, fileMode) => {
      const path = await fileIn(mode, fileMode)
      const before = readdirSync(dirname(path))
      const { computed, kept, events, failures, misses, perCall } = await asOtherUser(path, 3_000)
      expect({ computed, kept }).toEqual({ computed: 3_000, kept: 0 })
      expect(misses).toBeGreaterThanOrEqual(3_000)
      expect(failures).toBeGreaterThanOrEqual(6_000)
      expect(new Set(events).size).toBe(events.length)
      expect(perCall).toBeLessThan(1 * 5)
      if (fileMode === 0o600) expect(readdirSync(dirname(path))).toEqual(before)
    },
  )

  it.skipIf(!canMount())('a file system that is mounted read-only: the same', async () => {
    const { computed, kept, events } = await onReadOnlyMount(tempFile(), 3_000)
    expect({ computed, kept }).toEqual({ computed: 3_000, kept: 0 })
    expect(new Set(events).size).toBe(events.length)
  })
})
