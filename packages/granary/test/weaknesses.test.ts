// Where the framework that this project follows is weak, and this one must not be: one test for each, over memory and disk.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Cache,
  CachedTaskWorker,
  type CacheEvent,
  type CodecStage,
  createCache,
  defineTask,
  type Run,
  type TaskOf,
} from '@granary/core'
import { memory } from '@granary/memory'
import { sqlite } from '@granary/sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { cached, openCache } from '../src/index.js'

const Page = defineTask('page', z.object({ path: z.string(), options: z.record(z.string(), z.unknown()).optional() }))
const Note = defineTask('note', z.object({ text: z.string() }))
type Page = TaskOf<typeof Page>
type Note = TaskOf<typeof Note>

class Annotate extends CachedTaskWorker<Page, Note> {
  readonly name: string = 'annotate'
  readonly inputType = Page
  readonly outputTypes: readonly (typeof Note)[] = [Note]
  style = 'short'
  runs = 0

  async consumeWork({ path }: Page, run: Run<Note>): Promise<void> {
    this.runs++
    await settled()
    run.publishWork(Note({ text: `${this.style} ${path}` }))
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const plain = (tasks: readonly object[]) => tasks.map((task) => ({ ...task }))

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'granary-weak-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Does something with a cache, and again with another one on the same folder, as in a new process. */
async function twice(work: (cache: Cache) => Promise<void>): Promise<void> {
  for (let time = 0; time < 2; time++) {
    await using cache = openCache(folder)
    await work(cache)
  }
}

describe('pickle: reading a value runs code', () => {
  const utf8 = (text: string) => [...new TextEncoder().encode(text)]
  const str = (text: string) => [0xa0 | text.length, ...utf8(text)]
  const ext = (type: number, ...data: number[]) => [0xc7, data.length, type, ...data]

  it.each<[string, number[]]>([
    ['a regular expression that never ends', ext(0x78, 0x92, ...str('(a+)+$'), ...str(''))],
    ['an error', ext(0x65, 0x93, ...str('Error'), ...str('no'), 0xc0)],
    ['a record of a class', ext(0x72, 0x40, 0x91, ...str('run'))],
    ['an unknown extension', ext(0x10, 1, 2, 3)],
    ['a property __proto__', [0x81, ...str('__proto__'), 0x81, ...str('hacked'), 0xc3]],
    ['text that is code', utf8('(()=>{globalThis.hacked=true})()')],
  ])('nothing hostile in the file comes to life: %s', async (what, bytes) => {
    const path = join(folder, 'hostile.db')
    // Whoever can write the file has written this in the place of the value, in an envelope that is intact.
    const hostile: CodecStage = {
      id: 200,
      name: 'hostile',
      encode: () => Uint8Array.from(bytes),
      decode: (value) => value,
    }
    const open = () => createCache({ layers: [sqlite({ path, codec: [hostile] })] })
    await using writer = open()
    await writer.set('key', 'value')
    await writer.close()
    await using reader = open()
    const read: unknown = await reader.get('key')
    if (what !== 'a property __proto__') expect(read).toBeUndefined()
    else expect(Object.getPrototypeOf(read ?? {})).toBe(Object.prototype)
    expect(await reader.getOrCompute('other', () => 'computed')).toBe('computed')
    expect((globalThis as { hacked?: unknown }).hacked).toBeUndefined()
    expect(({} as { hacked?: unknown }).hacked).toBeUndefined()
  })
})

describe('a key that ignores the worker’s own fields and nested order', () => {
  it('an own field is in the key or warned of, and the order of properties never matters', async () => {
    class Styled extends Annotate {
      override extraCacheKey(): readonly unknown[] {
        return [this.style]
      }
    }
    await using cache = openCache(folder)
    const warned: CacheEvent[] = []
    cache.on((event) => event.type === 'warning' && warned.push(event))
    const one = new Styled({ cache, caching: { outsideKey: ['runs'] } })
    const other = new Styled({ cache, caching: { outsideKey: ['runs'] } })
    other.style = 'long'
    const task = Page({ path: 'a', options: { deep: { x: 1, y: [{ b: 1, a: 2 }] }, top: true } })
    const reordered = Page({ options: { top: true, deep: { y: [{ a: 2, b: 1 }], x: 1 } }, path: 'a' })
    expect(plain(await one.run(task))).toEqual([{ text: 'short a' }])
    expect(plain(await other.run(task))).toEqual([{ text: 'long a' }])
    await one.run(reordered)
    expect([one.runs, other.runs]).toEqual([1, 1])
    expect(one.key(Page({ path: 'a', options: { deep: { x: 1, y: [{ a: 2, b: 2 }] }, top: true } }))).not.toBe(
      one.key(task),
    )
    expect(warned).toEqual([])
    await new Annotate({ cache }).run(task)
    expect(warned).toMatchObject([{ fields: ['style', 'runs'] }])
  })
})

describe('falsy values are computed again', () => {
  it.each([undefined, null, 0, -0, Number.NaN, '', false, 0n, []])(
    '%s is a hit, also in the next process',
    async (value) => {
      let computed = 0
      await twice(async (cache) => {
        const give = cached(
          async () => {
            computed++
            return value
          },
          { name: 'give', cache },
        )
        for (let i = 0; i < 3; i++) expect(await give()).toEqual(value)
      })
      expect(computed).toBe(1)
    },
  )

  it('a run that published nothing is a hit, also in the next process', async () => {
    let runs = 0
    class Silent extends Annotate {
      override async consumeWork(): Promise<void> {
        runs++
      }
    }
    await twice(async (cache) => {
      for (let i = 0; i < 3; i++) expect(await new Silent({ cache }).run(Page({ path: 'a' }))).toEqual([])
    })
    expect(runs).toBe(1)
  })
})

describe('no protection against stampedes', () => {
  it('a hundred runs of equal tasks at once are one, and share its failure too', async () => {
    await using cache = openCache(folder)
    const worker = new Annotate({ cache })
    await Promise.all(Array.from({ length: 100 }, () => worker.run(Page({ path: 'a' }))))
    expect(worker.runs).toBe(1)

    let failures = 0
    class Failing extends Annotate {
      override async consumeWork(): Promise<void> {
        failures++
        await settled()
        throw new Error('no')
      }
    }
    const failing = new Failing({ cache })
    const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => failing.run(Page({ path: 'b' }))))
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true)
    expect(failures).toBe(1)
  })
})

describe('a publish to one of two consumers of the same type fails on a hit', () => {
  it('each of two consumers gets the same outputs on a hit as on a miss', async () => {
    class Count extends CachedTaskWorker<Note, Note> {
      readonly name: string = 'count'
      readonly inputType = Note
      readonly outputTypes = [Note]
      readonly seen: string[] = []

      override beforeConsume({ text }: Note): void {
        this.seen.push(text)
      }

      consumeWork({ text }: Note, run: Run<Note>): void {
        run.publishWork(Note({ text: `${text.length}` }))
      }
    }
    class CountToo extends Count {
      override readonly name = 'count-too'
    }
    await twice(async (cache) => {
      const annotate = new Annotate({ cache })
      const consumers = [new Count({ cache }), new CountToo({ cache })]
      for (const kind of ['first', 'second']) {
        for (const note of await annotate.run(Page({ path: 'a' })))
          for (const consumer of consumers) expect(plain(await consumer.run(note)), kind).toEqual([{ text: '7' }])
      }
      for (const { seen } of consumers) expect(seen).toEqual(['short a', 'short a'])
    })
  })
})

describe('invalid outputs are cached for ever', () => {
  it('an output that does not fit its schema, or is not declared, is never stored', async () => {
    let valid = false
    class Careless extends Annotate {
      override async consumeWork({ path }: Page, run: Run<Note>): Promise<void> {
        this.runs++
        if (path === 'undeclared' && !valid) run.publishWork(Page({ path }) as unknown as Note)
        run.publishWork(Note({ text: valid ? path : (7 as unknown as string) }))
      }
    }
    await using cache = openCache(folder)
    const worker = new Careless({ cache })
    await expect(worker.run(Page({ path: 'unfit' }))).rejects.toMatchObject({ code: 'INVALID_TASK' })
    await expect(worker.run(Page({ path: 'undeclared' }))).rejects.toMatchObject({ code: 'UNDECLARED_OUTPUT' })
    valid = true
    for (const path of ['unfit', 'undeclared'])
      expect(plain(await worker.run(Page({ path })))).toEqual([{ text: path }])
    expect(worker.runs).toBe(4)
  })

  it('what was stored and does not fit its schema any more is computed anew', async () => {
    const Stricter = defineTask('note', z.object({ text: z.string(), words: z.number() }))
    class Later extends CachedTaskWorker<Page, TaskOf<typeof Stricter>> {
      readonly name = 'annotate'
      readonly inputType = Page
      readonly outputTypes = [Stricter]
      consumeWork({ path }: Page, run: Run<TaskOf<typeof Stricter>>): void {
        run.publishWork(Stricter({ text: path, words: 1 }))
      }
    }
    const path = join(folder, 'unfit.db')
    const open = () => createCache({ layers: [memory(), sqlite({ path })] })
    await using first = open()
    await new Annotate({ cache: first }).run(Page({ path: 'a' }))
    await first.close()
    await using second = open()
    expect(plain(await new Later({ cache: second }).run(Page({ path: 'a' })))).toEqual([{ text: 'a', words: 1 }])
  })
})
