import fc from 'fast-check'
import { FakeClock, historyStore, mapStore } from '../../testkit/src/index.js'
import { type Cache, createCache, namespacePath, physicalKey, type Store } from '../src/index.js'
import { answeredLate, failing, piped } from './late-stores.js'

/** What callers do, each at a moment that the scheduler chooses. */
type Action =
  | { readonly do: 'obtain' | 'obtainLate' | 'get' | 'set' | 'delete' | 'refresh' | 'evict'; readonly key: number }
  | { readonly do: 'obtainMany' | 'getMany' | 'setMany' | 'deleteMany'; readonly keys: readonly number[] }
  | { readonly do: 'clear'; readonly space: number }
  | { readonly do: 'invalidate'; readonly tag: string }

/** Keys that overlap in every way that an invalidation can cover them. */
const KEYS = [
  { space: 0, key: 'a', tags: ['t'] },
  { space: 0, key: 'b', tags: [] },
  { space: 1, key: 'a', tags: ['t', 'u'] },
  { space: 2, key: 'a', tags: ['u'] },
] as const

/** The root, a namespace, and one below it. */
const SPACES = [[], ['n'], ['n', 'm']] as const

/** What the cache holds in this test: when its computation began, or its `set` was called, in ticks of the model. */
interface Value {
  readonly key: number
  readonly begun: number
}

const key = fc.nat(KEYS.length - 1)
const keys = fc.uniqueArray(key, { minLength: 2, maxLength: 3 })
type OnOne = Extract<Action, { readonly key: number }>['do']
type OnMany = Extract<Action, { readonly keys: readonly number[] }>['do']
const single = (what: OnOne) => fc.record({ do: fc.constant(what), key })
const many = (what: OnMany) => fc.record({ do: fc.constant(what), keys })

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: single('obtain') },
  { weight: 3, arbitrary: single('obtainLate') },
  { weight: 3, arbitrary: single('get') },
  { weight: 2, arbitrary: single('set') },
  { weight: 3, arbitrary: single('delete') },
  { weight: 1, arbitrary: single('refresh') },
  { weight: 2, arbitrary: single('evict') },
  { weight: 1, arbitrary: many('obtainMany') },
  { weight: 1, arbitrary: many('getMany') },
  { weight: 1, arbitrary: many('setMany') },
  { weight: 1, arbitrary: many('deleteMany') },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('clear' as const), space: fc.nat(SPACES.length - 1) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('invalidate' as const), tag: fc.constantFrom('t', 'u') }) },
)

const layers = fc.constantFrom(
  'near',
  'far',
  'near over far',
  'near over piped',
  'near over plain',
  'near over failing',
)

/** An interleaving: what is done, over which layers, and in which order everything that waits goes on. */
const interleaving = fc.tuple(layers, fc.array(action, { minLength: 3, maxLength: 12, size: 'max' }), fc.scheduler())

interface Tally {
  reads: number
  /** Reads that were answered with a value made before the read was called. */
  replayed: number
}

/**
 * P1 and P3 as a model: plays an interleaving on a real cache, and says which read got a value that began before an
 * invalidation of it which was called before the read. `undefined` if none did.
 */
async function violation(
  [kind, actions, scheduler]: [string, readonly Action[], fc.Scheduler],
  tally: Tally,
): Promise<string | undefined> {
  const model = new Model(tally)
  const turn = async () => void (await scheduler.schedule(Promise.resolve()))
  const layers = layersOf(kind, turn)
  const cache = createCache({ layers, clock: new FakeClock() })
  const spaces = SPACES.map((path) => path.reduce((space: Cache, name) => space.namespace(name), cache))
  const player = new Player(model, spaces, layers[0] as Store, turn)
  const running = actions.map(async (each) => {
    await turn()
    await player.play(each)
  })
  await scheduler.waitFor(Promise.all(running))
  for (const index of KEYS.keys()) await scheduler.waitFor(player.play({ do: 'get', key: index }))
  await scheduler.waitFor(cache.close())
  return model.violation
}

/** Plays this many interleavings; what the first violation was, if there was one, and how to see it again. */
export async function searchForViolation(
  runs: number,
  seed?: number,
): Promise<{ found: string | undefined; tally: Tally }> {
  const tally = { reads: 0, replayed: 0 }
  const property = fc.asyncProperty(interleaving, async (each) => {
    const found = await violation(each, tally)
    if (found !== undefined) throw new Error(found)
  })
  const {
    failed,
    errorInstance,
    seed: used,
    counterexamplePath,
  } = await fc.check(property, {
    numRuns: runs,
    endOnFailure: true,
    ...(seed === undefined ? {} : { seed }),
  })
  return { found: failed ? `${errorInstance} (seed ${used}, path ${counterexamplePath})` : undefined, tally }
}

/** Time in ticks, and everything that was invalidated. */
class Model {
  violation: string | undefined
  readonly #tally: Tally
  readonly #invalidations: { readonly at: number; readonly covers: (key: number) => boolean; readonly what: string }[] =
    []
  #now = 0

  constructor(tally: Tally) {
    this.#tally = tally
  }

  tick(): number {
    return ++this.#now
  }

  invalidated(what: string, covers: (key: number) => boolean): number {
    const at = this.tick()
    this.#invalidations.push({ at, covers, what })
    return at
  }

  read(asked: number, called: number, value: Value | undefined): void {
    this.#tally.reads++
    if (value === undefined) return
    if (value.begun < called) this.#tally.replayed++
    if (value.key !== asked) this.violation ??= `asked for key ${asked} at ${called}, got a value of key ${value.key}`
    const undone = this.#invalidations.find(({ at, covers }) => covers(asked) && at < called && value.begun < at)
    if (undone !== undefined) {
      this.violation ??= `key ${asked} read at ${called}: its value began at ${value.begun}, before ${undone.what} at ${undone.at}`
    }
  }
}

/** Does to the cache, and tells the model. */
class Player {
  readonly #model: Model
  readonly #spaces: readonly Cache[]
  readonly #near: Store
  readonly #turn: () => Promise<void>

  constructor(model: Model, spaces: readonly Cache[], near: Store, turn: () => Promise<void>) {
    this.#model = model
    this.#spaces = spaces
    this.#near = near
    this.#turn = turn
  }

  async play(action: Action): Promise<void> {
    const model = this.#model
    switch (action.do) {
      case 'obtain':
      case 'obtainLate':
      case 'refresh': {
        const { space, key, tags } = of(action.key)
        const late = action.do === 'obtainLate'
        const options = { ...(late ? {} : { tags }), ...(action.do === 'refresh' ? { mode: 'refresh' as const } : {}) }
        const called = model.tick()
        const value = await this.#space(space).getOrCompute(
          key,
          async (run) => {
            const begun = model.tick()
            await this.#turn()
            if (late) run.tag(...tags)
            return { key: action.key, begun }
          },
          options,
        )
        return model.read(action.key, called, value)
      }
      case 'obtainMany': {
        const inRoot = action.keys.filter((index) => of(index).space === 0)
        const called = model.tick()
        const values = await this.#space(0).getOrComputeMany(
          inRoot.map((index) => of(index).key),
          async (missing, run) => {
            const begun = model.tick()
            await this.#turn()
            run.tag('t')
            return missing.map((name) => ({
              key: KEYS.findIndex(({ space, key }) => space === 0 && key === name),
              begun,
            }))
          },
        )
        for (const [i, value] of values.entries()) model.read(inRoot[i] as number, called, value)
        return
      }
      case 'get': {
        const { space, key } = of(action.key)
        const called = model.tick()
        return model.read(action.key, called, await this.#space(space).get<Value>(key))
      }
      case 'getMany': {
        const inRoot = action.keys.filter((index) => of(index).space === 0)
        const called = model.tick()
        const values = await this.#space(0).getMany<Value>(inRoot.map((index) => of(index).key))
        for (const [i, value] of values.entries()) model.read(inRoot[i] as number, called, value)
        return
      }
      case 'set': {
        const { space, key, tags } = of(action.key)
        const begun = model.invalidated('a set', (index) => index === action.key)
        return void (await this.#space(space).set(key, { key: action.key, begun }, { tags }))
      }
      case 'setMany': {
        const inRoot = action.keys.filter((index) => of(index).space === 0)
        const begun = model.invalidated('a setMany', (index) => inRoot.includes(index))
        const items = inRoot.map((index) => [of(index).key, { key: index, begun }, { tags: of(index).tags }] as const)
        return void (await this.#space(0).setMany(items))
      }
      case 'delete': {
        const { space, key } = of(action.key)
        model.invalidated('a delete', (index) => index === action.key)
        return void (await this.#space(space).delete(key))
      }
      case 'deleteMany': {
        const inRoot = action.keys.filter((index) => of(index).space === 0)
        model.invalidated('a deleteMany', (index) => inRoot.includes(index))
        return void (await this.#space(0).deleteMany(inRoot.map((index) => of(index).key)))
      }
      case 'evict': {
        const { space, key } = of(action.key)
        const path = SPACES[space]?.reduce((parent: string, name) => namespacePath(parent, name), '') ?? ''
        return void (await this.#near.delete(physicalKey(path, key)))
      }
      case 'clear':
        model.invalidated('a clear', (index) => of(index).space >= action.space)
        return this.#space(action.space).clear()
      case 'invalidate':
        model.invalidated('a tag', (index) => (of(index).tags as readonly string[]).includes(action.tag))
        return this.#space(0).invalidateTags([action.tag])
    }
  }

  #space(index: number): Cache {
    return this.#spaces[index] as Cache
  }
}

function of(index: number): (typeof KEYS)[number] {
  return KEYS[index] as (typeof KEYS)[number]
}

function layersOf(kind: string, turn: () => Promise<void>): Store[] {
  switch (kind) {
    case 'near':
      return [mapStore()]
    case 'far':
      return [answeredLate(historyStore(), turn)]
    case 'near over far':
      return [mapStore(), answeredLate(historyStore(), turn)]
    case 'near over piped':
      return [mapStore(), piped(historyStore(), turn)]
    case 'near over plain':
      return [mapStore(), answeredLate({ ...mapStore(), local: false }, turn)]
    default:
      return [mapStore(), failing(piped(historyStore(), turn))]
  }
}
