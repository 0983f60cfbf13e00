// Explains, blind: a seeded script does one of many things to a key, at random, and asks why it is a hit or a miss. The
// answer is right, unknown, or wrong.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Cache, type Computation, createCache, type Explanation, type Mark, namespaceNames } from '@granary/core'
import { memory } from '@granary/memory'
import { sqlite } from '@granary/sqlite'
import { FakeClock } from '@granary/testkit'
import { Input, inputOf, Worker } from './blind-worker.js'

/** What must be said. A list of paths for `nearest`, where it must be named. */
interface Expected extends Partial<Pick<Explanation, 'cause' | 'reason'>> {
  readonly by?: (mark: Mark) => boolean
  readonly differs?: readonly string[]
}

interface Trial {
  readonly world: World
  /** An input that no trial had before. */
  readonly task: Input
  readonly id: number
}

type Cause = (trial: Trial) => Promise<Expected>

const MOST_ENTRIES = 200

/** A cache over a real file, which is closed and opened again between some of the trials. */
class World {
  readonly clock = new FakeClock()
  readonly folder: string = mkdtempSync(join(tmpdir(), 'granary-blind-'))
  cache!: Cache
  worker!: Worker
  older!: Worker

  readonly #onDisk: boolean

  constructor(onDisk: boolean) {
    this.#onDisk = onDisk
    this.open()
  }

  open(): void {
    const { clock } = this
    const near = memory({ maxEntries: 50, maxBytes: '1mb', clock })
    const disk = sqlite({ path: join(this.folder, 'cache.db'), maxEntries: MOST_ENTRIES, maxBytes: '1mb', clock })
    this.cache = createCache({ layers: this.#onDisk ? [near, disk] : [near], clock, ttl: '1h' })
    this.worker = new Worker({ cache: this.cache, caching: { version: 'v2.1', tags: ['all'] } })
    this.older = new Worker({ cache: this.cache, caching: { version: 'v2.0' } })
  }

  /** Where the entries of the worker are. */
  get entries(): Cache {
    return this.worker.cache.namespace('version:v2.1')
  }

  async restart(): Promise<void> {
    await this.cache.close()
    this.open()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cache.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

const decline = (run: Computation): null => {
  run.store = false
  return null
}

const done = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function stored({ world, task }: Trial): Promise<void> {
  await world.worker.run(task)
  await done()
}

/** Writes others until the entry was pushed out. */
async function evict({ world, task, id }: Trial): Promise<void> {
  const key = world.worker.key(task)
  const filler = world.cache.namespace('filler')
  for (let round = 0; ; round++) {
    const items = Array.from({ length: 100 }, (_, i) => [`${id}:${round}:${i}`, i] as const)
    await filler.setMany(items)
    let isThere = false
    for await (const entry of world.worker.entries()) isThere ||= entry.key === key
    if (!isThere) return
  }
}

const CAUSES: Record<string, Cause> = {
  async hit(trial) {
    await stored(trial)
    return { cause: 'fresh' }
  },
  async 'never stored'() {
    return { cause: 'never-stored' }
  },
  async 'another input'({ world, task }) {
    await world.worker.run(Input({ ...inputOf(task), options: { ...task.options, depth: task.options.depth + 1 } }))
    return { cause: 'never-stored', differs: ['options.depth'] }
  },
  async 'a property more'({ world, task }) {
    const { extra: _, ...options } = { ...task.options, extra: 0 }
    await world.worker.run(Input({ ...inputOf(task), options: { ...options, strict: true } }))
    return { cause: 'never-stored', differs: ['options'] }
  },
  async 'another version'({ world, task }) {
    await world.older.run(task)
    return { cause: 'never-stored', differs: ['worker.version'] }
  },
  async expired(trial) {
    await stored(trial)
    trial.world.clock.advance('61m')
    return { cause: 'expired' }
  },
  async evicted(trial) {
    await stored(trial)
    await evict(trial)
    return { cause: 'evicted' }
  },
  async 'evicted, then expired'(trial) {
    await stored(trial)
    await evict(trial)
    trial.world.clock.advance('2h')
    return { cause: 'evicted' }
  },
  async 'a ttl of nothing'({ world, task }) {
    await world.worker.run(task, { does: 'ttl' })
    return { cause: 'refused', reason: 'ttl' }
  },
  async declined({ world, task }) {
    await world.worker.run(task, { does: 'decline' })
    return { cause: 'refused', reason: 'declined' }
  },
  async 'of a kind that cannot be stored'({ world, task }) {
    await world.entries.getOrCompute(world.worker.key(task), () => () => {})
    return { cause: 'refused', reason: 'unsupported-value' }
  },
  async 'too large'({ world, task }) {
    await world.worker.run(task, { does: 'grow' })
    return { cause: 'refused', reason: 'too-large' }
  },
  async 'deleted while it was computed'({ world, task }) {
    await world.worker.run(task, { does: async () => void (await world.worker.deleteFromCache(task)) })
    return { cause: 'refused', reason: 'overtaken' }
  },
  async 'its tag invalidated while it was computed'({ world, task, id }) {
    await world.worker.run(task, { does: () => world.cache.invalidateTags([`own:${id}`]) })
    return { cause: 'refused', reason: 'invalidated' }
  },
  async 'the computation failed'({ world, task }) {
    await world.worker.run(task, { does: 'fail' }).catch(() => {})
    return { cause: 'failed' }
  },
  async deleted(trial) {
    await stored(trial)
    await trial.world.worker.deleteFromCache(trial.task)
    return { cause: 'deleted' }
  },
  async 'a tag invalidated'(trial) {
    await stored(trial)
    await trial.world.cache.invalidateTags([`own:${trial.id}`])
    return { cause: 'invalidated', by: (mark) => 'tag' in mark && mark.tag === `own:${trial.id}` }
  },
  async 'all outputs of the worker invalidated'(trial) {
    await stored(trial)
    await trial.world.cache.invalidateTags(['all'])
    return { cause: 'invalidated', by: (mark) => 'tag' in mark && mark.tag === 'all' }
  },
  async 'the worker cleared'(trial) {
    await stored(trial)
    await trial.world.worker.clearCache()
    return { cause: 'invalidated', by: (mark) => 'namespace' in mark && namespaceNames(mark.namespace).length === 1 }
  },
  async 'the whole cache cleared'(trial) {
    await stored(trial)
    await trial.world.cache.clear()
    return { cause: 'invalidated', by: (mark) => 'namespace' in mark && mark.namespace === '' }
  },
  async 'expired, then invalidated'(trial) {
    await stored(trial)
    trial.world.clock.advance('61m')
    await trial.world.cache.invalidateTags([`own:${trial.id}`])
    return { cause: 'expired' }
  },
  async 'invalidated, then deleted, then expired'(trial) {
    await stored(trial)
    trial.world.clock.advance('1s')
    await trial.world.cache.invalidateTags([`own:${trial.id}`])
    await trial.world.worker.deleteFromCache(trial.task)
    trial.world.clock.advance('61m')
    return { cause: 'invalidated', by: (mark) => 'tag' in mark && mark.tag === `own:${trial.id}` }
  },
  async 'deleted, then the worker cleared'(trial) {
    await stored(trial)
    await trial.world.worker.deleteFromCache(trial.task)
    await trial.world.worker.clearCache()
    return { cause: 'deleted' }
  },
  async 'expired, then not kept'(trial) {
    await stored(trial)
    trial.world.clock.advance('61m')
    await trial.world.worker.run(trial.task, { does: 'ttl' })
    return { cause: 'refused', reason: 'ttl' }
  },
  async 'not kept, then stored, then expired'(trial) {
    await trial.world.worker.run(trial.task, { does: 'decline' })
    await stored(trial)
    trial.world.clock.advance('61m')
    return { cause: 'expired' }
  },
  async 'a refresh not kept, then deleted'(trial) {
    await stored(trial)
    const key = trial.world.worker.key(trial.task)
    await trial.world.entries.getOrCompute(key, decline, { mode: 'refresh' })
    await trial.world.worker.deleteFromCache(trial.task)
    return { cause: 'deleted' }
  },
  async 'stored again after a delete'(trial) {
    await stored(trial)
    await trial.world.worker.deleteFromCache(trial.task)
    await stored(trial)
    return { cause: 'fresh' }
  },
}

export interface Tally {
  right: number
  unknown: number
  wrong: string[]
  readonly byCause: Record<string, { right: number; unknown: number }>
}

type Ask = (worker: Worker, task: Input) => Promise<Explanation>

const explain: Ask = (worker, task) => worker.explain(task)

/** Asks so many times, about causes chosen by the seed; of memory over disk, or of memory alone. */
export async function askBlindly(times: number, seed: number, ask: Ask = explain, onDisk = true): Promise<Tally> {
  const random = randomFrom(seed)
  const names = Object.keys(CAUSES)
  const tally: Tally = { right: 0, unknown: 0, wrong: [], byCause: {} }
  await using world = new World(onDisk)
  for (let id = 0; id < times; id++) {
    const name = names[Math.floor(random() * names.length)] as string
    const task = Input({ path: `docs/${id}.md`, text: `text ${random()}`, options: { depth: id % 7, width: id } })
    const expected = await (CAUSES[name] as Cause)({ world, task, id })
    await done()
    // What may happen at any time says nothing else about the key.
    if (random() < 0.1) await world.restart()
    if (random() < 0.2) await world.cache.prune()
    const said = await ask(world.worker, task)
    const verdict = judge(said, expected)
    tally.byCause[name] ??= { right: 0, unknown: 0 }
    const counts = tally.byCause[name]
    if (verdict === 'wrong') tally.wrong.push(`${name} (${id}): ${said.text}`)
    else {
      tally[verdict]++
      counts[verdict]++
    }
  }
  return tally
}

function judge(said: Explanation, expected: Expected): 'right' | 'unknown' | 'wrong' {
  const nearest = said.nearest?.differs
  if (expected.differs !== undefined && nearest !== undefined) {
    if (!expected.differs.every((path) => nearest.includes(path)) || nearest.length > expected.differs.length + 1) {
      return 'wrong'
    }
  }
  if (said.cause === 'unknown') return 'unknown'
  if (said.cause !== expected.cause || said.reason !== expected.reason) return 'wrong'
  if (expected.by !== undefined && !(said.by !== undefined && expected.by(said.by))) return 'wrong'
  return expected.differs !== undefined && nearest === undefined ? 'wrong' : 'right'
}

/** Mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
