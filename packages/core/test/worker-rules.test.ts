import { describe, expect, expectTypeOf, it } from 'vitest'
import { FakeClock, mapStore } from '../../testkit/src/index.js'
import { type Cache, type CacheEvent, createCache, type Outcome, type Run, type Ttl } from '../src/index.js'
import { granaryError } from './expectations.js'
import { settled } from './stores.js'
import { Analyse, Document, Score, Summary } from './workers.js'

const doc = Document({ path: 'a', text: 'a long text' })

function open() {
  const clock = new FakeClock()
  const cache = createCache({ layers: [mapStore()], clock })
  return { clock, cache }
}

type Outputs = readonly (Summary | Score)[]

describe('what a class of workers puts into the keys of all', () => {
  class Prompted extends Analyse {
    prompt = 'Summarize.'

    protected override inheritedCacheKey(): readonly unknown[] {
      return [this.prompt]
    }
  }

  it('stays in them, whatever a subclass overrides', () => {
    class Keyed extends Prompted {
      override getCacheKey(task: Document): readonly unknown[] {
        return [task.path]
      }

      override extraCacheKey(): readonly unknown[] {
        return ['more']
      }
    }
    for (const worker of [new Prompted({ cache: open().cache }), new Keyed({ cache: open().cache })]) {
      const before = worker.key(doc)
      worker.prompt = 'Translate.'
      expect(worker.key(doc)).not.toBe(before)
    }
  })

  it('is not warned of', async () => {
    const { cache } = open()
    const events: CacheEvent[] = []
    cache.on((event) => events.push(event))
    await new Prompted({ cache, caching: { outsideKey: ['runs'] } }).run(doc)
    expect(events.filter(({ type }) => type === 'warning')).toEqual([])
  })
})

describe('what may be stored', () => {
  class Choosy extends Analyse {
    override shouldStore(task: Document, outputs: Outputs): boolean {
      return task.path !== 'never' && outputs.length > 0
    }
  }

  it('G6: shouldStore says which outputs are stored; they are delivered all the same', async () => {
    const worker = new Choosy({ cache: open().cache })
    for (const path of ['never', 'b']) {
      for (let i = 0; i < 2; i++) expect(await worker.run(Document({ path, text: 'x' }))).toHaveLength(2)
    }
    expect(worker.runs).toBe(3)
    expect((await worker.cacheStats()).refusals).toEqual({ declined: 2 })
  })

  it('G14: an error result may be published, and leaves the whole run unstored', async () => {
    let broken = true
    const worker = new Analyse({ cache: open().cache }, (_, run) => {
      run.publishWork(Score({ value: 1 }))
      if (broken) run.publishWork(Summary({ text: 'it failed' }), { store: false })
    })
    expect(await worker.run(doc)).toHaveLength(2)
    broken = false
    expect(await worker.run(doc)).toHaveLength(1)
    await worker.run(doc)
    expect(worker.runs).toBe(2)
    expect((await worker.cacheStats()).refusals).toEqual({ declined: 1 })
  })

  it('G14: an option that publishWork has not is refused', async () => {
    const worker = new Analyse({ cache: open().cache }, (_, run) => {
      run.publishWork(Score({ value: 1 }), { stored: false } as object)
    })
    await expect(worker.run(doc)).rejects.toThrow(granaryError('INVALID_OPTION', /store/))
  })

  it('G14: an error is not cached: the next run computes', async () => {
    let broken = true
    const worker = new Analyse({ cache: open().cache }, () => {
      if (broken) throw new Error('no')
    })
    await expect(worker.run(doc)).rejects.toThrow('no')
    broken = false
    expect(await worker.run(doc)).toEqual([])
    expect(worker.runs).toBe(2)
  })
})

describe('how long, and under which tags', () => {
  class Dynamic extends Analyse {
    override getTtl(task: Document, outputs: Outputs): Ttl | undefined {
      return { short: '1s', none: 0, long: outputs.length * 3_600_000 }[task.path]
    }
    override getTags(task: Document, outputs: Outputs) {
      return [`path:${task.path}`, `outputs:${outputs.length}`]
    }
  }

  it.each([
    ['short', 1_000],
    ['long', 7_200_000],
    ['usual', 60_000],
  ])('G12: getTtl of a %s task gives %d ms', async (path, ms) => {
    const { cache, clock } = open()
    const worker = new Dynamic({ cache, caching: { ttl: '1m' } })
    const task = Document({ path, text: 'x' })
    await worker.run(task)
    clock.advance(ms - 1)
    await worker.run(task)
    expect(worker.runs).toBe(1)
    clock.advance(1)
    await worker.run(task)
    expect(worker.runs).toBe(2)
  })

  it('G12: a TTL of nothing means not stored, counted with its reason', async () => {
    const worker = new Dynamic({ cache: open().cache })
    await worker.run(Document({ path: 'none', text: 'x' }))
    expect((await worker.cacheStats()).refusals).toEqual({ ttl: 1 })
  })

  it('G12: run.ttl, set during the computation, overrides getTtl', async () => {
    const { cache, clock } = open()
    const worker = new Dynamic({ cache }, (_, run) => {
      run.ttl = '10s'
    })
    const task = Document({ path: 'short', text: 'x' })
    await worker.run(task)
    clock.advance('9s')
    await worker.run(task)
    expect(worker.runs).toBe(1)
  })

  it.each(['all', 'path:a', 'outputs:2', 'found'])(
    'B6: the tag %s invalidates: caching.tags, getTags, run.tag',
    async (tag) => {
      const { cache } = open()
      const worker = new Dynamic({ cache, caching: { tags: ['all'] } }, (_, run) => {
        run.tag('found')
        run.publishWork(Score({ value: 1 }))
        run.publishWork(Score({ value: 2 }))
      })
      await worker.run(doc)
      await cache.invalidateTags(['another'])
      await worker.run(doc)
      expect(worker.runs).toBe(1)
      await cache.invalidateTags([tag])
      await worker.run(doc)
      expect(worker.runs).toBe(2)
    },
  )
})

describe('before and after', () => {
  class Watched extends Analyse {
    readonly seen: string[] = []
    override async beforeConsume(task: Document): Promise<void> {
      await settled()
      this.seen.push(`before ${task.path}`)
    }
    override async afterConsume(_: Document, outcome: Outcome<Summary | Score>): Promise<void> {
      await settled()
      const what = outcome.kind === 'failed' ? (outcome.error as Error).message : outcome.outputs.length
      this.seen.push(`after: ${outcome.kind} ${what}`)
      expect(outcome.elapsedMs).toBeGreaterThanOrEqual(0)
    }
  }

  it('G19: both are called on a miss and on a hit, and the run waits for them', async () => {
    const worker = new Watched({ cache: open().cache })
    await worker.run(doc)
    await worker.run(doc)
    expect(worker.seen).toEqual(['before a', 'after: computed 2', 'before a', 'after: replayed 2'])
  })

  it('G19: afterConsume is told of a failure, which the caller gets', async () => {
    const worker = new Watched({ cache: open().cache }, () => {
      throw new Error('no')
    })
    await expect(worker.run(doc)).rejects.toThrow('no')
    expect(worker.seen).toEqual(['before a', 'after: failed no'])
  })

  it('G19: both are called for a task that is not cached', async () => {
    class Uncached extends Watched {
      override shouldCache = () => false
    }
    const worker = new Uncached({ cache: open().cache })
    await worker.run(doc)
    expect(worker.seen).toEqual(['before a', 'after: computed 2'])
  })

  it('G19: what beforeConsume throws is what the run rejects with', async () => {
    class Guarded extends Analyse {
      override beforeConsume(): void {
        throw new Error('not now')
      }
    }
    const worker = new Guarded({ cache: open().cache })
    await expect(worker.run(doc)).rejects.toThrow('not now')
    expect(worker.runs).toBe(0)
  })
})

describe('G11: own fields that are in neither the key nor the declared exceptions', () => {
  class Styled extends Analyse {
    readonly style = 'short'
    readonly words = 100
    readonly client = { fetch() {} }
    override extraCacheKey(): readonly unknown[] {
      return [this.style]
    }
  }

  async function warnings(make: (cache: Cache) => Analyse, tasks = [doc]): Promise<CacheEvent[]> {
    const { cache } = open()
    const told: CacheEvent[] = []
    cache.on((event) => event.type === 'warning' && told.push(event))
    const worker = make(cache)
    for (const task of tasks) await worker.run(task)
    return told
  }

  it('are warned of, once, by name and never by value', async () => {
    const told = await warnings((cache) => new Styled({ cache }), [doc, Document({ path: 'b', text: '' })])
    expect(told).toEqual([
      {
        type: 'warning',
        worker: 'analyse',
        fields: ['runs', 'words', 'client'],
        message: expect.stringMatching(/extraCacheKey.*outsideKey/),
      },
    ])
    expect(JSON.stringify(told)).not.toContain('100')
  })

  it('are not warned of when declared', async () => {
    const outsideKey = ['runs', 'words', 'client']
    expect(await warnings((cache) => new Styled({ cache, caching: { outsideKey } }))).toEqual([])
  })

  it('are not guessed at where the key is made with private fields', async () => {
    class Private extends Analyse {
      readonly #style = 'short'
      readonly words = 100
      override extraCacheKey(): readonly unknown[] {
        return [this.#style]
      }
    }
    expect(await warnings((cache) => new Private({ cache }))).toEqual([])
  })
})

it('G1: run.elapsedMs grows while the run lasts, and the entry says how long it took', async () => {
  const { cache, clock } = open()
  let elapsed: readonly number[] = []
  const worker = new Analyse({ cache }, async (_, run: Run<Summary | Score>) => {
    const first = run.elapsedMs
    clock.advance('2s')
    await settled()
    elapsed = [first, run.elapsedMs]
  })
  await worker.run(doc)
  expect(elapsed[1]).toBeGreaterThan(elapsed[0] as number)
  for await (const { computeMs } of worker.entries()) expect(computeMs).toBe(2_000)
})

it('G1: the types of its tasks say what a worker takes and gives: what is wrong does not compile', () => {
  const score = Score({ value: 1 })
  const misused = async (worker: Analyse) => {
    // @ts-expect-error a score is not what it consumes
    await worker.run(score)
    // @ts-expect-error
    await worker.isCached(score)
    // @ts-expect-error
    await worker.warmCache([doc, score])
    // @ts-expect-error
    await worker.explain(score)
    // @ts-expect-error a document is not what it publishes
    await worker.saveToCache(doc, [doc])
    new Analyse({ cache: open().cache }, (_, run) => {
      // @ts-expect-error
      run.publishWork(doc)
      run.publishWork(score, { store: false })
      // @ts-expect-error there is no such option
      run.publishWork(score, { stored: false })
    })
    expectTypeOf(await worker.run(doc)).toEqualTypeOf<readonly (Summary | Score)[]>()
    expectTypeOf(await worker.getFromCache(doc)).toEqualTypeOf<readonly (Summary | Score)[] | undefined>()
  }
  expect(misused).toBeTypeOf('function')
})
