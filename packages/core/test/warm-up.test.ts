import { describe, expect, it } from 'vitest'
import { mapStore } from '../../testkit/src/index.js'
import { createCache, type WarmUp } from '../src/index.js'
import { granaryError } from './expectations.js'
import { settled } from './stores.js'
import { Analyse, Document } from './workers.js'

const docs = (count: number) => Array.from({ length: count }, (_, i) => Document({ path: `${i}`, text: 'x' }))
const open = () => createCache({ layers: [mapStore()] })

describe('G13: warmCache', () => {
  it('computes and stores what is not cached, and says what it did', async () => {
    const worker = new Analyse({ cache: open() })
    const tasks = docs(10)
    await worker.run(tasks[3] as Document)
    expect(await worker.warmCache(tasks)).toEqual({
      done: 10,
      total: 10,
      computed: 9,
      cached: 1,
      skipped: 0,
      failed: [],
    })
    expect(worker.runs).toBe(10)
    for (const task of tasks) expect(await worker.isCached(task)).toBe(true)
  })

  it('delivers nothing: neither beforeConsume nor afterConsume is called', async () => {
    let called = 0
    class Watched extends Analyse {
      override beforeConsume(): void {
        called++
      }
      override afterConsume(): void {
        called++
      }
    }
    await new Watched({ cache: open() }).warmCache(docs(3))
    expect(called).toBe(0)
  })

  it('works on as many at a time as it may, and tells of its progress', async () => {
    let now = 0
    let most = 0
    const worker = new Analyse({ cache: open() }, async () => {
      most = Math.max(most, ++now)
      await settled()
      now--
    })
    const seen: WarmUp<Document>[] = []
    async function* stream() {
      for (const task of docs(9)) {
        await settled()
        yield task
      }
    }
    await worker.warmCache(docs(20), { concurrency: 3 })
    expect(most).toBe(3)
    await worker.warmCache(stream(), { onProgress: (progress) => seen.push(progress) })
    expect(seen.map(({ done, total }) => [done, total])).toEqual(
      Array.from({ length: 9 }, (_, i) => [i + 1, undefined]),
    )
  })

  it('goes on after a task that fails, and skips what is not to be cached', async () => {
    class Picky extends Analyse {
      override shouldCache({ path }: Document): boolean {
        return path !== '1'
      }
    }
    const worker = new Picky({ cache: open() }, ({ path }) => {
      if (path === '2') throw new Error('no')
    })
    const tasks = docs(4)
    const { failed, ...counts } = await worker.warmCache(tasks)
    expect(counts).toEqual({ done: 4, total: 4, computed: 2, cached: 0, skipped: 1 })
    expect(failed).toEqual([{ task: tasks[2], error: new Error('no') }])
  })

  it('ends with the signal: what is at work is aborted, and no more is begun', async () => {
    const controller = new AbortController()
    const worker = new Analyse({ cache: open() }, async (_, run) => {
      await new Promise((_resolve, reject) => run.signal.addEventListener('abort', () => reject(run.signal.reason)))
    })
    const warming = worker.warmCache(docs(100), { concurrency: 2, signal: controller.signal })
    await settled()
    controller.abort(new Error('enough'))
    await expect(warming).rejects.toThrow('enough')
    await settled()
    expect(worker.runs).toBe(2)
  })

  it.each([{ concurrency: 0 }, { concurrency: 1.5 }, { concurency: 2 } as object])('refuses %o', async (options) => {
    await expect(new Analyse({ cache: open() }).warmCache(docs(1), options)).rejects.toThrow(
      granaryError('INVALID_OPTION'),
    )
  })

  it('refuses what are no tasks', async () => {
    const worker = new Analyse({ cache: open() })
    await expect(worker.warmCache(7 as never)).rejects.toThrow(granaryError('INVALID_OPTION', /array/))
    expect((await worker.warmCache(['text'] as never)).failed).toEqual([
      { task: 'text', error: granaryError('INVALID_TASK') },
    ])
  })
})
