import { expect, it } from 'vitest'
import { moveAway } from './rigs/moved-file.js'
import { tempFile } from './support/files.js'

it.each(['removed', 'replaced'] as const)(
  'a file that was %s while it is open is noticed (fault 37)',
  async (how) => {
    const { noticedAfter, failures, isTheNewOne } = await moveAway(tempFile(), how)
    expect(noticedAfter).toBeLessThan(5_000)
    expect({ failures, isTheNewOne }).toEqual({ failures: 0, isTheNewOne: true })
  },
  30_000,
)
