import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { FakeClock, faulty, historyStore, mapStore } from '../../testkit/src/index.js'
import {
  CachedTaskWorker,
  type CachedTaskWorkerOptions,
  type Caching,
  canonical,
  createCache,
  defineTask,
  type Entry,
  type Run,
  type Store,
} from '../src/index.js'
import { granaryError } from './expectations.js'
import { remoteStore, settled } from './stores.js'
import { Analyse, Document, Score, Summary, summarize } from './workers.js'

const doc = Document({ path: 'a', text: 'a long text' })

/** A store of bytes that knows JSON alone: what it gives back has no prototypes, dates or undefined. */
function jsonStore(): Store {
  const map = new Map<string, string>()
  return {
    ...remoteStore({ name: 'json' }),
    get: async (key) => {
      const text = map.get(key)
      return text === undefined ? undefined : (JSON.parse(text) as Entry)
    },
    async set(key, entry) {
      map.set(key, JSON.stringify(entry))
      return { stored: true }
    },
    delete: async (key) => map.delete(key),
    clear: async () => map.clear(),
  }
}

const STACKS: Record<string, () => Store[]> = {
  'a near layer': () => [mapStore()],
  'a remote layer': () => [remoteStore()],
  'a layer with a history': () => [historyStore()],
  'a layer of JSON': () => [jsonStore()],
  'near over JSON': () => [mapStore(), jsonStore()],
  'near over a history': () => [mapStore(), historyStore()],
}

function open(layers: Store[] = [mapStore()]) {
  const clock = new FakeClock()
  return { clock, cache: createCache({ layers, clock }) }
}

const plain = (outputs: readonly object[]) => outputs.map((output) => ({ ...output }))

describe.each(Object.entries(STACKS).map(([name, make]) => ({ name, make })))('over $name', ({ make }) => {
  it('G1: replays what a run published, in its order, as tasks; a hit and a miss look the same', async () => {
    const { cache } = open(make())
    const worker = new Analyse({ cache })
    const miss = await worker.run(doc)
    await settled()
    const hit = await worker.run(doc)
    expect(worker.runs).toBe(1)
    for (const outputs of [miss, hit]) {
      expect(outputs.map(({ $type }) => $type)).toEqual(['summary', 'score'])
      expect(Summary.is(outputs[0]) && Score.is(outputs[1])).toBe(true)
      expect(plain(outputs)).toEqual([{ text: 'a lon' }, { value: 11 }])
      expect(Object.isFrozen(outputs) && outputs.every(Object.isFrozen)).toBe(true)
    }
  })

  it('G1: replays also in another process: with a new cache over the same store', async () => {
    const layers = make()
    const first = new Analyse({ cache: open(layers).cache })
    await first.run(doc)
    await settled()
    if (layers[0]?.local) await layers[0].clear()
    const second = new Analyse({ cache: open(layers).cache })
    expect(plain(await second.run(doc))).toEqual([{ text: 'a lon' }, { value: 11 }])
    expect(second.runs).toBe(layers.length === 1 && layers[0]?.local ? 1 : 0)
  })

  it('fault 22: replays a run that published nothing', async () => {
    const worker = new Analyse({ cache: open(make()).cache }, () => {})
    expect(await worker.run(doc)).toEqual([])
    await settled()
    expect(await worker.run(doc)).toEqual([])
    expect(worker.runs).toBe(1)
  })

  it('stores tasks in the form from which they are made again, so that no schema transforms them twice', async () => {
    const Doubled = defineTask('doubled', z.object({ n: z.number().transform((n) => n * 2) }))
    class Doubling extends CachedTaskWorker<Document, ReturnType<typeof Doubled>> {
      readonly name = 'doubling'
      readonly inputType = Document
      readonly outputTypes = [Doubled]
      consumeWork(_: Document, run: Run<ReturnType<typeof Doubled>>) {
        run.publishWork(Doubled({ n: 2 }))
      }
    }
    const worker = new Doubling({ cache: open(make()).cache })
    for (let i = 0; i < 4; i++) {
      expect(plain(await worker.run(doc))).toEqual([{ n: 4 }])
      await settled()
    }
  })

  it('all or none: what fails is not stored, and the next run computes', async () => {
    let fail = true
    const worker = new Analyse({ cache: open(make()).cache }, async (task, run) => {
      await summarize(task, run)
      if (fail) throw new Error('after publishing')
    })
    await expect(worker.run(doc)).rejects.toThrow('after publishing')
    fail = false
    expect(await worker.run(doc)).toHaveLength(2)
    expect(worker.runs).toBe(2)
  })

  it('B16: what was stored and does not fit its schema any more is a miss', async () => {
    const layers = make()
    const of = (schema: z.ZodObject) => {
      const Output = defineTask('output', schema)
      type Output = ReturnType<typeof Output>
      return new (class extends CachedTaskWorker<Document, Output> {
        readonly name = 'changing'
        readonly inputType = Document
        readonly outputTypes = [Output]
        runs = 0
        consumeWork(_: Document, run: Run<Output>) {
          this.runs++
          run.publishWork(Output({ n: 1, text: 'x' } as never))
        }
      })({ cache: open(layers).cache })
    }
    await of(z.object({ n: z.number() })).run(doc)
    await settled()
    const changed = of(z.object({ text: z.string() }))
    expect(plain(await changed.run(doc))).toEqual([{ text: 'x' }])
    expect(changed.runs).toBe(1)
  })

  it('fault 21: gives each caller dates of its own', async () => {
    if (make().some(({ name }) => name === 'json')) return
    const worker = new Analyse({ cache: open(make()).cache }, (_, run) =>
      run.publishWork(Score({ value: 1, at: new Date(5) })),
    )
    for (let i = 0; i < 3; i++) {
      const [score] = await worker.run(doc)
      expect(Score.is(score) && score.at).toEqual(new Date(5))
      if (Score.is(score)) score.at?.setTime(99)
      await settled()
    }
    expect(worker.runs).toBe(1)
  })
})

describe('concurrent runs', () => {
  it('B1: of one task are one', async () => {
    const worker = new Analyse({ cache: open([mapStore(), remoteStore()]).cache })
    const results = await Promise.all(Array.from({ length: 100 }, () => worker.run(Document({ path: 'a', text: 'x' }))))
    expect(worker.runs).toBe(1)
    expect(new Set(results.map((outputs) => canonical(outputs))).size).toBe(1)
  })

  it('of several tasks never mix', async () => {
    const worker = new Analyse({ cache: open().cache }, async (task, run) => {
      for (let part = 0; part < 5; part++) {
        run.publishWork(Summary({ text: `${task.path}${part}` }))
        await settled()
      }
    })
    const paths = ['a', 'b', 'c']
    const results = await Promise.all(paths.map((path) => worker.run(Document({ path, text: '' }))))
    expect(results.map((outputs) => plain(outputs))).toEqual(
      paths.map((path) => [0, 1, 2, 3, 4].map((part) => ({ text: `${path}${part}` }))),
    )
  })

  it('B13: one caller’s abort is not the others’', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const worker = new Analyse({ cache: open().cache }, async (task, run) => {
      await promise
      await summarize(task, run)
    })
    const caller = new AbortController()
    const [aborted, other] = [worker.run(doc, { signal: caller.signal }), worker.run(doc)]
    caller.abort('gone')
    await expect(aborted).rejects.toBe('gone')
    resolve()
    expect(await other).toHaveLength(2)
  })
})

describe('the key', () => {
  class Keyed extends Analyse {
    override readonly name: string
    override readonly caching: Caching
    constructor(
      options: CachedTaskWorkerOptions,
      { name = 'analyse', caching = {} }: { name?: string; caching?: Caching } = {},
    ) {
      super(options)
      this.name = name
      this.caching = caching
    }
  }
  const { cache } = open()

  it('is what its documentation says, and pinned', () => {
    const worker = new Keyed({ cache }, { caching: { version: 'v2' } })
    const form =
      '["granary/1","analyse","v2","document",["summary","score"],' +
      '[Task("document"){"path":"a","text":"a long text"}],[]]'
    expect(worker.key(doc)).toBe(createHash('sha256').update(form).digest('hex'))
    expect(canonical(['granary/1', 'analyse', 'v2', 'document', ['summary', 'score'], [doc], []])).toBe(form)
  })

  it('G2: G7: differs by name, version, types, task and parts', () => {
    class Extra extends Keyed {
      override extraCacheKey() {
        return ['model']
      }
    }
    class Composed extends Keyed {
      override getCacheKey(task: Document) {
        return ['model', ...super.getCacheKey(task)]
      }
    }
    class Path extends Keyed {
      override getCacheKey(task: Document) {
        return [task.path]
      }
    }
    class OneOutput extends Keyed {
      override readonly outputTypes = [Summary as never]
    }
    const keys = [
      new Keyed({ cache }),
      new Keyed({ cache }, { name: 'other' }),
      new Keyed({ cache }, { caching: { version: 'v2' } }),
      new Extra({ cache }),
      new Composed({ cache }),
      new Path({ cache }),
      new OneOutput({ cache }),
    ].map((worker) => worker.key(doc))
    keys.push(new Keyed({ cache }).key(Document({ path: 'a', text: 'b' })))
    expect(new Set(keys).size).toBe(keys.length)
    expect(new Path({ cache }).key(doc)).toBe(new Path({ cache }).key(Document({ path: 'a', text: 'other' })))
    expect(new Keyed({ cache }).key(doc)).toBe(new Analyse({ cache }).key(Document({ text: 'a long text', path: 'a' })))
  })

  it('is made for each worker that asks for that of one task', () => {
    const [one, other] = [new Keyed({ cache }), new Keyed({ cache }, { name: 'other' })]
    const keys = [one, other, one, other].map((worker) => worker.key(doc))
    expect(keys[0]).toBe(keys[2])
    expect(keys[1]).toBe(keys[3])
    expect(keys[0]).not.toBe(keys[1])
  })

  it('depends on parts that change between two calls', () => {
    let model = 'a'
    class Model extends Analyse {
      override extraCacheKey() {
        return [model]
      }
    }
    const worker = new Model({ cache })
    const first = worker.key(doc)
    model = 'b'
    expect(worker.key(doc)).not.toBe(first)
  })

  it('names the path of a part that no key can be made of', () => {
    class Wrong extends Analyse {
      override extraCacheKey() {
        return [{ onDone() {} }]
      }
    }
    expect(() => new Wrong({ cache }).key(doc)).toThrow(
      granaryError('INVALID_KEY', /^extra\[0\]\.onDone is a function/),
    )
  })

  it('follows a task whose date or bytes change', () => {
    const Photo = defineTask('document', z.object({ path: z.string(), text: z.string(), at: z.date() }))
    class Photos extends Analyse {
      override readonly inputType = Photo as never
    }
    const worker = new Photos({ cache })
    const at = new Date(0)
    const task = Photo({ path: 'a', text: 'b', at })
    const before = [worker.key(task as never), canonical(task)]
    at.setTime(5)
    expect([worker.key(task as never) === before[0], true]).toEqual([canonical(task) === before[1], true])
  })
})

describe('caching', () => {
  class Hourly extends Analyse {
    override readonly caching: Caching = { ttl: '1h', version: 'v1' }
  }

  it('G3: is read from the class, late, and overridden option by option in the constructor', async () => {
    const { cache, clock } = open()
    const worker = new Hourly({ cache, caching: { ttl: '2h' } })
    await worker.run(doc)
    clock.advance('90m')
    await worker.run(doc)
    expect(worker.runs).toBe(1)
    clock.advance('30m')
    await worker.run(doc)
    expect(worker.runs).toBe(2)
    expect(worker.key(doc)).toBe(new Hourly({ cache }).key(doc))
    expect(new Hourly({ cache, caching: { version: 'v2' } }).key(doc)).not.toBe(worker.key(doc))
  })

  it('G7: keeps versions apart, in namespaces of the worker', async () => {
    const { cache } = open()
    const [one, two] = ['v1', 'v2'].map((version) => new Hourly({ cache, caching: { version } })) as [Hourly, Hourly]
    await one.run(doc)
    await two.run(doc)
    await cache.namespace('worker:analyse').namespace('version:v1').clear()
    await one.run(doc)
    await two.run(doc)
    expect([one.runs, two.runs]).toEqual([2, 1])
    expect(await one.cache.stats()).toMatchObject({ computations: 3, hits: 1 })
    await one.cache.clear()
    await two.run(doc)
    expect(two.runs).toBe(2)
  })

  it.each([0, '1 hour', 'never', Number.NaN])('fault 23: a ttl of %o is refused at first use', async (ttl) => {
    const { cache } = open()
    await expect(new Analyse({ cache, caching: { ttl } }).run(doc)).rejects.toThrow(
      granaryError('INVALID_OPTION', /^ttl: /),
    )
  })

  it('an unknown option is refused at first use, naming the worker', async () => {
    const { cache } = open()
    const worker = new Analyse({ cache, caching: { tll: 1 } as never })
    await expect(worker.run(doc)).rejects.toThrow(
      granaryError('INVALID_OPTION', /caching of worker analyse has no option tll/),
    )
  })

  it('a worker without a cache, or with options that there are not, is refused where it is made', () => {
    expect(() => new Analyse({} as never)).toThrow(granaryError('INVALID_OPTION', /needs a cache: new Summarize/))
    expect(() => new Analyse(undefined as never)).toThrow(
      granaryError('INVALID_OPTION', /a cached worker takes an object/),
    )
    expect(() => new Analyse({ cache: open().cache, ttl: 1 } as never)).toThrow(
      granaryError('INVALID_OPTION', /no option ttl/),
    )
  })

  it.each(['', undefined])('a worker without a name (%o) gets a clear error', async (name) => {
    class Nameless extends Analyse {
      override readonly name = name as string
    }
    const message = /a worker needs a name of its own/
    const worker = new Nameless({ cache: open().cache })
    await expect(worker.run(doc)).rejects.toThrow(granaryError('INVALID_OPTION', message))
    expect(() => worker.key(doc)).toThrow(granaryError('INVALID_OPTION', message))
  })

  it('a worker without a name has no cache', () => {
    class Nameless extends Analyse {
      override readonly name = undefined as unknown as string
    }
    expect(() => new Nameless({ cache: open().cache }).cache).toThrow(granaryError('INVALID_OPTION'))
  })

  it('run.ttl, run.cost and run.tag are those of the entry', async () => {
    const { cache, clock } = open()
    const worker = new Analyse({ cache }, (task, run) => {
      run.ttl = '2h'
      run.cost = 0.25
      run.tag('t')
      return summarize(task, run)
    })
    await worker.run(doc)
    const versioned = worker.cache.namespace('version:')
    expect(await versioned.peek(worker.key(doc))).toMatchObject({
      tags: ['t'],
      cost: 0.25,
      freshUntil: clock.now() + 7_200_000,
      value: [
        ['summary', { text: 'a lon' }],
        ['score', { value: 11 }],
      ],
    })
    await cache.invalidateTags(['t'])
    await worker.run(doc)
    expect(worker.runs).toBe(2)
  })

  it('G6: shouldCache says which tasks are cached', async () => {
    class Choosy extends Analyse {
      override shouldCache(task: Document) {
        return task.path !== 'no'
      }
    }
    const worker = new Choosy({ cache: open().cache })
    for (const path of ['no', 'no', 'yes', 'yes']) await worker.run(Document({ path, text: 'x' }))
    expect(worker.runs).toBe(3)
  })

  it('G6: rejects with what shouldCache throws', async () => {
    class Choosy extends Analyse {
      override shouldCache(): boolean {
        throw new Error('choosy')
      }
    }
    await expect(new Choosy({ cache: open().cache }).run(doc)).rejects.toThrow('choosy')
  })

  it('a task of another type is refused before shouldCache is asked', async () => {
    class Choosy extends Analyse {
      override shouldCache(task: Document) {
        return task.path.length > 0
      }
    }
    const worker = new Choosy({ cache: open().cache })
    await expect(worker.run(Summary({ text: 'x' }) as never)).rejects.toThrow(granaryError('INVALID_TASK'))
  })
})

describe('what goes wrong', () => {
  it('undeclared outputs reject, and nothing is stored', async () => {
    const Other = defineTask('other', z.object({}))
    const worker = new Analyse({ cache: open().cache }, (task, run) => {
      void summarize(task, run)
      run.publishWork(Other({}) as never)
    })
    await expect(worker.run(doc)).rejects.toThrow(granaryError('UNDECLARED_OUTPUT', /worker analyse/))
    expect(await worker.cache.stats()).toMatchObject({ stores: 0, computeFailures: 1 })
  })

  it('publishing after the run has ended throws, and does not change what is stored', async () => {
    let kept: Run<Summary | Score> | undefined
    const worker = new Analyse({ cache: open().cache }, (task, run) => {
      kept = run
      return summarize(task, run)
    })
    await worker.run(doc)
    expect(() => kept?.publishWork(Summary({ text: 'late' }))).toThrow(granaryError('RUN_ENDED'))
    expect(await worker.run(doc)).toHaveLength(2)
  })

  it('P7: a layer that fails breaks no run', async () => {
    const far = faulty(remoteStore())
    for (const operation of ['get', 'set', 'delete'] as const) far.fail(operation)
    const worker = new Analyse({ cache: open([mapStore(), far]).cache })
    expect(await worker.run(doc)).toHaveLength(2)
    expect(await worker.run(doc)).toHaveLength(2)
    expect(worker.runs).toBe(1)
  })

  it('P7: outputs that have no stored form are delivered all the same', async () => {
    const Odd = defineTask('summary', z.object({ at: z.date(), n: z.number().transform((n) => n + 1) }))
    class Drafting extends Analyse {
      override readonly outputTypes = [Odd as never]
    }
    const worker = new Drafting({ cache: open().cache }, (_, run) => {
      const draft = { at: new Date(0), n: 1 }
      run.publishWork(Odd(draft) as never)
      draft.n = 5
    })
    expect(plain(await worker.run(doc))).toEqual([{ at: new Date(0), n: 2 }])
  })

  it('two instances of a worker share what is in memory', async () => {
    const near = faulty(mapStore())
    const { cache } = open([near])
    const workers = [new Analyse({ cache }), new Analyse({ cache })] as const
    await workers[0].run(doc)
    const { set } = near.calls
    for (let i = 0; i < 5; i++) for (const worker of workers) await worker.run(doc)
    expect(near.calls.set - set, 'entries written by hits').toBeLessThanOrEqual(1)
  })
})
