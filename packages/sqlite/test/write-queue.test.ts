import { describe, expect, it } from 'vitest'
import { createWriteQueue, type Write } from '../src/write-queue.js'

const write = (changes: Write['changes'], bytes = 1) => ({ changes, bytes, atomic: true })

describe('a queue of writes', () => {
  it('commits what is called at once in few batches, in order', async () => {
    const sizes: number[] = []
    const applied: number[] = []
    const queue = createWriteQueue((writes) => {
      sizes.push(writes.length)
      for (const one of writes) one.apply()
      return writes.length
    })
    const outcomes = await Promise.all(
      Array.from({ length: 1_000 }, (_, i) => queue.add({ ...write(i), apply: () => applied.push(i) })),
    )
    expect(applied).toEqual(Array.from({ length: 1_000 }, (_, i) => i))
    expect(outcomes).toEqual(applied.map((i) => i + 1))
    expect(sizes.length).toBeLessThanOrEqual(8)
    expect(Math.max(...sizes)).toBeLessThan(1_000)
  })

  it('keeps batches small in bytes', async () => {
    const sizes: number[] = []
    const queue = createWriteQueue((writes) => {
      sizes.push(writes.length)
      return writes.length
    })
    for (const bytes of [6e5, 6e5, 1, 1, 9e6, 1]) void queue.add({ ...write('none', bytes), apply() {} })
    await queue.drained()
    expect(sizes).toEqual([1, 3, 1, 1])
  })

  it('goes on with what a commit had no time for', async () => {
    const applied: number[] = []
    const queue = createWriteQueue((writes) => {
      const some = writes.slice(0, 3)
      for (const one of some) one.apply()
      return some.length
    })
    await Promise.all([1, 2, 3, 4, 5, 6, 7].map((i) => queue.add({ ...write(i), apply: () => applied.push(i) })))
    expect(applied).toEqual([1, 2, 3, 4, 5, 6, 7])
  })

  it('knows what a read has to wait for', async () => {
    const queue = createWriteQueue((writes) => {
      for (const one of writes) one.apply()
      return writes.length
    })
    const pending = () => [1, 2].map((key) => queue.isPending(key))
    const first = queue.add({ ...write(1), apply() {} })
    expect(pending()).toEqual([true, false])
    void queue.add({ ...write('none'), apply() {} })
    expect(pending()).toEqual([true, false])
    void queue.add({ ...write('all'), apply() {} })
    expect(pending()).toEqual([true, true])
    await first
    await queue.drained()
    expect(pending()).toEqual([false, false])
  })

  it('lets only those writes fail that have to', async () => {
    const queue = createWriteQueue((writes) => {
      for (const one of writes) one.apply()
      return writes.length
    })
    const fail = () => {
      throw new Error('poison')
    }
    const outcomes = await Promise.allSettled([
      queue.add({ ...write(1), apply: () => 'one' }),
      queue.add({ ...write(2), apply: fail }),
      queue.add({ ...write(3), apply: fail, onFailure: (error) => (error as Error).message }),
      queue.add({ ...write(4), apply: () => 'four' }),
    ])
    expect(outcomes.map((one) => (one.status === 'fulfilled' ? one.value : one.status))).toEqual([
      ...['one', 'rejected', 'poison', 'four'],
    ])
    expect([1, 2, 3, 4].some((key) => queue.isPending(key))).toBe(false)
  })

  it('waits off-turn for a lock', async () => {
    let busy = 3
    const queue = createWriteQueue((writes) => {
      if (busy-- > 0) throw Object.assign(new Error('database is locked'), { code: 'SQLITE_BUSY' })
      for (const one of writes) one.apply()
      return writes.length
    })
    expect(await queue.add({ ...write(1), apply: () => 'done' })).toBe('done')
    expect(busy).toBe(-1)
  })

  it('lets the event loop go on while it is kept busy', async () => {
    const queue = createWriteQueue((writes) => {
      const end = performance.now() + 1
      while (performance.now() < end);
      for (const one of writes) one.apply()
      return writes.length
    })
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    for (let i = 0; i < 60; i++) await queue.add({ ...write(i), apply() {} })
    clearInterval(timer)
    expect(turns).toBeGreaterThanOrEqual(5)
  })
})
