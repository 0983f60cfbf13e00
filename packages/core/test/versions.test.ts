import { describe, expect, it } from 'vitest'
import { FakeClock, historyStore, mapStore } from '../../testkit/src/index.js'
import { createCache, type Store } from '../src/index.js'
import { granaryError } from './expectations.js'
import { settled } from './stores.js'
import { Analyse, Document } from './workers.js'

const docs = (count: number) => Array.from({ length: count }, (_, i) => Document({ path: `${i}`, text: 'x' }))

class Another extends Analyse {
  override readonly name = 'another'
}

async function filled(layers: Store[]) {
  const clock = new FakeClock()
  const cache = createCache({ layers, clock, ttl: '30d' })
  const worker = (version: string) => new Analyse({ cache, caching: { version } })
  const another = new Another({ cache })
  await another.warmCache(docs(2))
  for (const [version, count] of [
    ['v1', 3],
    ['v2', 2],
    ['v3', 1],
  ] as const) {
    await worker(version).warmCache(docs(count))
    clock.advance('1d')
  }
  await settled()
  return { clock, cache, worker: worker('v3'), another }
}

async function count(entries: AsyncIterable<unknown>): Promise<number> {
  let found = 0
  for await (const _ of entries) found++
  return found
}

const STACKS: Record<string, () => Store[]> = {
  'a near layer': () => [mapStore()],
  'near over a history': () => [mapStore(), historyStore()],
}

describe.each(Object.entries(STACKS).map(([name, make]) => ({ name, make })))('over $name', ({ make }) => {
  it('G7: old versions are listed, newest first', async () => {
    const { worker } = await filled(make())
    const versions = await worker.cachedVersions()
    expect(versions.map(({ version, entries }) => [version, entries])).toEqual([
      ['v3', 1],
      ['v2', 2],
      ['v1', 3],
    ])
    expect(versions[0]?.newest).toBeGreaterThan(versions[1]?.newest as number)
  })

  it('G7: all versions but some are cleared, and no other worker’s entries', async () => {
    const { worker, another } = await filled(make())
    expect(await worker.clearVersions({ except: ['v3', 'v1'] })).toEqual(['v2'])
    expect(await worker.clearVersions()).toEqual(['v1'])
    expect(await count(worker.entries())).toBe(1)
    expect(await count(another.entries())).toBe(2)
  })

  it('G9: entries older than that are cleared, younger ones and other workers’ are not', async () => {
    const { worker, another } = await filled(make())
    expect(await worker.clearOldEntries({ olderThan: '1.5d' })).toBe(5)
    expect((await worker.cachedVersions()).map(({ version }) => version)).toEqual(['v3'])
    expect(await count(another.entries())).toBe(2)
  })

  it('G9: the cache of one worker is cleared', async () => {
    const { worker, another } = await filled(make())
    await worker.clearCache()
    expect(await count(worker.entries())).toBe(0)
    expect(await count(another.entries())).toBe(2)
  })

  it('G9: G18: entries tell of keys and metadata, in all versions', async () => {
    const { worker } = await filled(make())
    const keys = []
    for await (const { key, version, tags, createdAt } of worker.entries()) {
      keys.push([version, key])
      expect([tags, createdAt > 0]).toEqual([[], true])
    }
    expect(keys).toHaveLength(6)
    expect(keys).toContainEqual(['v3', worker.key(docs(1)[0] as Document)])
  })
})

it('G9: refuses options that there are not', async () => {
  const { worker } = await filled([mapStore()])
  await expect(worker.clearOldEntries({ olderThan: '7 days' as '7d' })).rejects.toThrow(granaryError('INVALID_OPTION'))
  await expect(worker.clearOldEntries({ days: 7 } as never)).rejects.toThrow(
    granaryError('INVALID_OPTION', /olderThan/),
  )
  await expect(worker.clearVersions({ but: 'v1' } as never)).rejects.toThrow(granaryError('INVALID_OPTION', /except/))
})
