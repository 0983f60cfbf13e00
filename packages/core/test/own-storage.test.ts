import { describe, expect, it } from 'vitest'
import { FakeClock, historyStore, mapStore } from '../../testkit/src/index.js'
import { type CacheEvent, createCache, type Store } from '../src/index.js'
import { granaryError } from './expectations.js'
import { remoteStore, settled } from './stores.js'
import { Analyse, Document, Score, type Summary } from './workers.js'

const doc = Document({ path: 'a', text: 'a long text' })
type Outputs = readonly (Summary | Score)[]

/** A worker that does what it inherits, and says so. */
class Logged extends Analyse {
  readonly log: string[] = []
  override async getFromCache(task: Document) {
    const found = await super.getFromCache(task)
    this.log.push(found === undefined ? 'miss' : 'hit')
    return found
  }
  override async saveToCache(task: Document, outputs: Outputs) {
    const stored = await super.saveToCache(task, outputs)
    this.log.push(stored ? 'saved' : 'not saved')
    return stored
  }
}

const STACKS: Record<string, () => Store[]> = {
  'a near layer': () => [mapStore()],
  'a remote layer': () => [remoteStore()],
  'near over a history': () => [mapStore(), historyStore()],
}

const open = (layers: Store[] = [mapStore()]) => createCache({ layers, clock: new FakeClock() })

describe.each(Object.entries(STACKS).map(([name, make]) => ({ name, make })))('over $name', ({ make }) => {
  it('G18: overrides are what runs read and store by, and count as usual', async () => {
    const worker = new Logged({ cache: open(make()) })
    const outputs = await worker.run(doc)
    await settled()
    expect((await worker.run(doc)).map((task) => ({ ...task }))).toEqual(outputs.map((task) => ({ ...task })))
    expect(worker.log).toEqual(['miss', 'saved', 'hit'])
    expect(worker.runs).toBe(1)
    expect(await worker.cacheStats()).toMatchObject({ hits: 1, misses: 1, computations: 1, stores: 1 })
  })

  it('P1: G18: what was overtaken while it was computed is not saved', async () => {
    const gate = Promise.withResolvers<void>()
    const worker = new Logged({ cache: open(make()) }, async (_, run) => {
      await gate.promise
      run.publishWork(Score({ value: 1 }))
    })
    const running = worker.run(doc)
    await settled()
    await worker.deleteFromCache(doc)
    gate.resolve()
    await running
    // The override is not even asked to save it.
    expect(worker.log).toEqual(['miss'])
    expect(await worker.isCached(doc)).toBe(false)
  })

  it('P1: G18: what is overtaken while an override saves it is refused', async () => {
    const gate = Promise.withResolvers<void>()
    class Slow extends Logged {
      override async saveToCache(task: Document, outputs: Outputs) {
        await gate.promise
        return super.saveToCache(task, outputs)
      }
    }
    const worker = new Slow({ cache: open(make()) })
    const running = worker.run(doc)
    await settled()
    await worker.deleteFromCache(doc)
    gate.resolve()
    await running
    expect(worker.log).toEqual(['miss', 'not saved'])
    expect(await worker.isCached(doc)).toBe(false)
  })

  it('G18: outputs can be read, saved and deleted by hand; a run that published nothing is a hit', async () => {
    const worker = new Analyse({ cache: open(make()) })
    expect(await worker.getFromCache(doc)).toBeUndefined()
    expect(await worker.saveToCache(doc, [])).toBe(true)
    expect(await worker.getFromCache(doc)).toEqual([])
    expect(await worker.isCached(doc)).toBe(true)
    expect(await worker.run(doc)).toEqual([])
    expect(await worker.saveToCache(doc, [Score({ value: 7 })])).toBe(true)
    expect((await worker.run(doc)).map((task) => ({ ...task }))).toEqual([{ value: 7 }])
    expect(worker.runs).toBe(0)
    expect(await worker.deleteFromCache(doc)).toBe(true)
    expect(await worker.deleteFromCache(doc)).toBe(false)
    await worker.run(doc)
    expect(worker.runs).toBe(1)
  })
})

it('fault 21: what getFromCache gives cannot harm what is kept', async () => {
  const worker = new Analyse({ cache: open() }, (_, run) => {
    run.publishWork(Score({ value: 1, at: new Date(0) }))
  })
  await worker.run(doc)
  for (let i = 0; i < 2; i++) {
    const [score] = (await worker.getFromCache(doc)) ?? []
    expect(Score.is(score) && score.at?.getTime()).toBe(0)
    if (Score.is(score)) score.at?.setTime(7)
  }
})

describe('a storage of its own', () => {
  class Elsewhere extends Analyse {
    readonly kept = new Map<string, unknown>()
    override async getFromCache(task: Document) {
      return this.kept.get(task.path) as Outputs | undefined
    }
    override async saveToCache(task: Document, outputs: Outputs) {
      this.kept.set(task.path, outputs)
      return true
    }
    override async deleteFromCache(task: Document) {
      return this.kept.delete(task.path)
    }
  }

  it('G18: takes the place of the stores, and equal tasks at once still share one run', async () => {
    const cache = open()
    const worker = new Elsewhere({ cache })
    await Promise.all([worker.run(doc), worker.run(doc), worker.run(doc)])
    await worker.run(doc)
    expect(worker.runs).toBe(1)
    expect((await cache.stats()).layers[0]?.entries).toBe(0)
    expect(await worker.isCached(doc)).toBe(true)
  })

  it('G18: what it gives that are no outputs is deleted, told, and computed anew', async () => {
    const cache = open()
    const told: CacheEvent[] = []
    cache.on((event) => event.type === 'failure' && told.push(event))
    const worker = new Elsewhere({ cache })
    worker.kept.set('a', [{ value: 'no task' }])
    expect(await worker.run(doc)).toHaveLength(2)
    expect(told).toEqual([{ type: 'failure', layer: 'getFromCache', operation: 'get', error: granaryError('CORRUPT') }])
    expect(worker.kept.get('a')).toHaveLength(2)
  })

  it('P7: G18: what it throws is an event, and the run goes on', async () => {
    class Broken extends Analyse {
      override async getFromCache(): Promise<undefined> {
        throw new Error('get')
      }
      override async saveToCache(): Promise<boolean> {
        throw new Error('set')
      }
    }
    const cache = open()
    const told: unknown[] = []
    cache.on((event) => event.type === 'failure' && told.push([event.layer, event.operation]))
    expect(await new Broken({ cache }).run(doc)).toHaveLength(2)
    expect(told).toEqual([
      ['getFromCache', 'get'],
      ['saveToCache', 'set'],
    ])
  })

  it('G18: outputs of other types are refused', async () => {
    const worker = new Analyse({ cache: open() })
    await expect(worker.saveToCache(doc, [doc] as never)).rejects.toThrow(granaryError('UNDECLARED_OUTPUT'))
  })
})
