import fc from 'fast-check'
import { FakeClock, historyStore, mapStore } from '../../testkit/src/index.js'
import { type Cache, type Computation, createCache, type FreshnessOptions, type Store } from '../src/index.js'
import { answeredLate } from './late-stores.js'
import { settled } from './stores.js'

const SECOND = 1_000
const TTL = 10 * SECOND
const TIMEOUT = 4 * SECOND
const RETRY_AFTER = 3 * SECOND
const KEYS = ['a', 'b'] as const
type Key = (typeof KEYS)[number]

/** What a computation does, as it is when it begins: how long it takes, and how it ends. */
const SOURCES = {
  well: { ms: 500, ends: 'well' },
  slow: { ms: 3 * SECOND, ends: 'well' },
  unmodified: { ms: 500, ends: 'unmodified' },
  failing: { ms: 500, ends: 'failing' },
  'failing late': { ms: 3 * SECOND, ends: 'failing' },
  hanging: { ms: Number.POSITIVE_INFINITY, ends: 'well' },
} as const
type Source = keyof typeof SOURCES

/** The policies of a run, in ms; 0 where there is none. */
interface Policies {
  readonly whileRevalidate: number
  readonly ifError: number
  readonly soft: number
  readonly eager: number
  readonly negative: number
}

const NO_POLICIES: Policies = { whileRevalidate: 0, ifError: 0, soft: 0, eager: 1, negative: 0 }

const policies: fc.Arbitrary<Policies> = fc.record({
  whileRevalidate: fc.constantFrom(0, 5 * SECOND, 20 * SECOND),
  ifError: fc.constantFrom(0, 8 * SECOND, 30 * SECOND),
  soft: fc.constantFrom(0, SECOND),
  eager: fc.constantFrom(1, 0.7),
  negative: fc.constantFrom(0, 2 * SECOND),
})

/** What happens, each at a moment that the scheduler chooses. A strict caller has none of the policies. */
type Action =
  | { readonly do: 'ask'; readonly key: Key; readonly isStrict: boolean }
  | { readonly do: 'askMany'; readonly isStrict: boolean }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'become'; readonly source: Source }
  | { readonly do: 'set' | 'delete'; readonly key: Key }
  | { readonly do: 'invalidate' | 'clear' }

const key = fc.constantFrom(...KEYS)
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      key,
      isStrict: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('askMany' as const), isStrict: fc.constant(false) }) },
  {
    weight: 7,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(500, SECOND, 3 * SECOND, TTL, 2 * TTL),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('become' as const),
      source: fc.constantFrom(...(Object.keys(SOURCES) as Source[])),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('set' as const, 'delete' as const), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('invalidate' as const, 'clear' as const) }) },
)

const layers = fc.constantFrom('near', 'near over far', 'near over late', 'late')

const interleaving = fc.tuple(
  layers,
  policies,
  fc.array(action, { minLength: 5, maxLength: 24, size: 'max' }),
  fc.scheduler(),
)

export interface Tally {
  calls: number
  stale: number
  negative: number
  errors: number
  computations: number
}

/** Plays this many interleavings; the first answer that does not follow the model, and how to see it again. */
export async function searchForBreach(
  runs: number,
  seed?: number,
): Promise<{ found: string | undefined; tally: Tally }> {
  const tally: Tally = { calls: 0, stale: 0, negative: 0, errors: 0, computations: 0 }
  const property = fc.asyncProperty(interleaving, async ([kind, given, actions, scheduler]) => {
    const model = new Model(given, kind === 'near' || kind === 'near over far', tally)
    await new Play(kind, given, model, scheduler).play(actions)
    if (model.breach !== undefined) throw new Error(`${model.breach} over ${kind}: ${JSON.stringify(actions)}`)
  })
  const {
    failed,
    errorInstance,
    seed: used,
    counterexamplePath,
  } = await fc.check(property, {
    numRuns: runs,
    endOnFailure: seed !== undefined,
    ...(seed === undefined ? {} : { seed }),
  })
  const what = `${errorInstance} (seed ${used}, path ${counterexamplePath})`
  return { found: failed ? what : undefined, tally }
}

/** What is cached in this test; it says which computation made it. */
interface Value {
  readonly key: Key
  readonly id: number
}

class Failure extends Error {
  override readonly name = 'Failure'
}

/** One life of a value: what was computed, set, or found to hold still. */
interface Life {
  readonly key: Key
  readonly id: number
  /** Tick of the model in which its computation began. */
  readonly begun: number
  readonly from: number
  /** How long past its TTL it is kept: as the call that stored it asked for. */
  readonly grace: number
  /** Tick in which it was there. */
  readonly known: number
}

interface Making {
  readonly key: Key
  readonly begun: number
  readonly at: number
  isOver: boolean
}

interface Call {
  readonly key: Key
  readonly policies: Policies
  readonly tick: number
  readonly at: number
}

/** Knows, of everything that was computed, what each caller may have been given. */
class Model {
  breach: string | undefined
  #tick = 0
  readonly #policies: Policies
  readonly #isAtOnce: boolean
  readonly #tally: Tally
  readonly #lives: Life[] = []
  readonly #makings: Making[] = []
  readonly #failures: { readonly key: Key; readonly at: number; readonly error: unknown; readonly by: Policies }[] = []
  readonly #undone: { readonly key: Key; readonly tick: number }[] = []

  constructor(given: Policies, isAtOnce: boolean, tally: Tally) {
    this.#policies = given
    this.#isAtOnce = isAtOnce
    this.#tally = tally
  }

  tick(): number {
    return ++this.#tick
  }

  undo(undone: Key): void {
    this.#undone.push({ key: undone, tick: this.tick() })
  }

  /** A computation begins: the only current one of its key, and not while refreshes are held back. */
  begin(making: Making, by: Policies): void {
    this.#tally.computations++
    this.#makings.push(making)
    if (!this.#isAtOnce) return
    for (const other of this.#makings) {
      if (other === making || other.key !== making.key || other.isOver || other.at + TIMEOUT <= making.at) continue
      if (!this.#wasUndone(other.key, other.begun)) this.#fail(`two computations of ${making.key} at ${making.at}`)
    }
    const failed = this.#failures.findLast((each) => each.key === making.key && each.by !== NO_POLICIES)
    const old = this.#current(making.key)
    if (by !== NO_POLICIES && failed && old && old.from < failed.at && making.at < failed.at + RETRY_AFTER) {
      if (this.#isWithin(old, graceOf(by), making.at) && this.#isWithin(old, graceOf(by), failed.at))
        this.#fail(`${making.key} was tried again at ${making.at}, after the failure at ${failed.at}`)
    }
  }

  live(life: Omit<Life, 'known'>): void {
    this.#lives.push({ ...life, known: this.tick() })
  }

  failed(failedKey: Key, at: number, error: unknown, by: Policies): void {
    this.#failures.push({ key: failedKey, at, error, by })
  }

  got(call: Call, value: Value, at: number): undefined {
    this.#tally.calls++
    const said = `${call.key} asked at ${call.at}, answered at ${at} with ${value.key}${value.id}`
    if (value.key !== call.key) return this.#fail(`${said}: of another key`)
    const lives = this.#lives.filter(({ id, key: of }) => id === value.id && of === value.key)
    const first = lives[0]
    if (first === undefined) return this.#fail(`${said}: nobody made it`)
    const undone = this.#undone.find(
      (each) => each.key === call.key && each.tick < call.tick && lives.every(({ begun }) => begun < each.tick),
    )
    if (undone !== undefined) return this.#fail(`P1: ${said}: it was undone before`)
    if (!lives.some((life) => this.#isAllowed(life, call, at))) this.#fail(`${said}: too old, or not yet its time`)
    this.#checkWait(call, at, said)
  }

  rejected(call: Call, error: unknown, at: number): undefined {
    this.#tally.calls++
    this.#tally.errors++
    const said = `${call.key} asked at ${call.at}, rejected at ${at} with ${error}`
    const failure = this.#failures.findLast(
      (each) => each.key === call.key && (each.error === error || (isTimeout(error) && isTimeout(each.error))),
    )
    // The deadline counts from before the reading, which takes a while in a layer that answers late.
    if (!this.#isAtOnce && isTimeout(error)) return undefined
    if (failure === undefined) return this.#fail(`${said}: no computation of it failed so`)
    const isOwn = failure.at >= call.at
    if (!isOwn) this.#tally.negative++
    if (!isOwn && !(call.at < failure.at + call.policies.negative)) return this.#fail(`${said}: an old error`)
    // A layer that answers late is not read until it has applied what it was told to forget.
    const old = this.#isAtOnce ? this.#current(call.key, call.tick) : undefined
    if (old !== undefined && this.#isWithin(old, call.policies.ifError, at))
      this.#fail(`${said}: there was something stale to be served`)
    this.#checkWait(call, at, said)
  }

  #isAllowed(life: Life, { key: asked, policies: own, at: called }: Call, at: number): boolean {
    if (life.from >= called || called < life.from + TTL) return true
    // P9
    if (!this.#isWithin(life, graceOf(own), at)) return false
    this.#tally.stale++
    if (!this.#isAtOnce) return true
    if (this.#isWithin(life, own.whileRevalidate, at)) return true
    const failed = this.#failures.some((each) => each.key === asked && at >= each.at && called < each.at + RETRY_AFTER)
    if (failed) return true
    return own.soft > 0 && this.#makings.some((making) => making.key === asked && making.at + own.soft <= at)
  }

  /** Nobody waits longer than the deadline, nor where something may be served at once, nor beyond the soft timeout. */
  #checkWait({ key: asked, policies: own, at: called, tick }: Call, at: number, said: string): void {
    if (!this.#isAtOnce) return
    const waited = at - called
    // A caller that joined what a tag has undone computes once more.
    if (waited > (this.#undone.length > 0 ? 2 * TIMEOUT : TIMEOUT)) this.#fail(`${said}: held by a computation`)
    const old = this.#current(asked, tick)
    if (old === undefined || this.#undone.some((each) => each.tick > tick)) return
    if (waited > 0 && this.#isWithin(old, own.whileRevalidate, called))
      this.#fail(`${said}: waited, with a value at hand`)
    if (own.soft > 0 && waited > own.soft && this.#isWithin(old, graceOf(own), called + own.soft))
      this.#fail(`${said}: waited beyond the soft timeout`)
  }

  #isWithin(life: Life, window: number, at: number): boolean {
    return at < life.from + TTL + Math.min(window, life.grace)
  }

  /** The life that the stores held in a tick: the last one until then, unless it was undone, even later. */
  #current(of: Key, tick: number = this.#tick): Life | undefined {
    const last = this.#lives.findLast((life) => life.key === of && life.known <= tick)
    return last === undefined || this.#wasUndone(of, last.begun) ? undefined : last
  }

  #wasUndone(of: Key, begun: number): boolean {
    return this.#undone.some((each) => each.key === of && each.tick > begun)
  }

  #fail(breach: string): undefined {
    this.breach ??= `${breach} ${JSON.stringify(this.#policies)}`
  }
}

function graceOf({ whileRevalidate, ifError }: Policies): number {
  return Math.max(whileRevalidate, ifError)
}

function isTimeout(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'TIMEOUT'
}

/** Does to the cache, and tells the model. */
class Play {
  readonly #clock = new FakeClock()
  readonly #model: Model
  readonly #policies: Policies
  readonly #cache: Cache
  readonly #scheduler: fc.Scheduler
  #source: Source = 'well'
  #made = 0

  constructor(kind: string, given: Policies, model: Model, scheduler: fc.Scheduler) {
    this.#model = model
    this.#policies = given
    this.#scheduler = scheduler
    const turn = async () => void (await scheduler.schedule(Promise.resolve()))
    const far = historyStore({ clock: this.#clock })
    const layers: Record<string, () => Store[]> = {
      near: () => [mapStore()],
      'near over far': () => [mapStore(), { ...mapStore({ name: 'far' }) }],
      'near over late': () => [mapStore(), answeredLate(far, turn)],
      late: () => [answeredLate(far, turn)],
    }
    const { negative, ...windows } = given
    const options = { ...optionsOf(windows), ...(negative > 0 && kind !== 'late' && { negativeTtl: () => negative }) }
    this.#cache = createCache({
      layers: layers[kind]?.() ?? [],
      clock: this.#clock,
      ttl: TTL,
      timeout: TIMEOUT,
      retryAfter: RETRY_AFTER,
      ...options,
    })
  }

  async play(actions: readonly Action[]): Promise<void> {
    const asked: Promise<unknown>[] = []
    await this.#scheduler.waitFor(this.#inOrder(actions, asked))
    let isOver = false
    void Promise.all(asked).then(() => {
      isOver = true
    })
    for (let i = 0; i < 5 && !isOver; i++) await this.#scheduler.waitFor(this.#pass(TIMEOUT))
    if (!isOver) this.#model.breach ??= 'a caller was never answered'
    if (!isOver) return
    await this.#scheduler.waitFor(this.#cache.close())
  }

  /** Begins each action in its order, among what the layers still have to answer; only time is waited for. */
  async #inOrder(actions: readonly Action[], asked: Promise<unknown>[]): Promise<void> {
    for (const each of actions) {
      await this.#scheduler.schedule(Promise.resolve())
      if (each.do === 'pass') await this.#pass(each.ms)
      else asked.push(this.#do(each, asked))
    }
  }

  async #do(action: Action, asked: Promise<unknown>[]): Promise<unknown> {
    const { do: what } = action
    if (what === 'become') this.#source = action.source
    else if (what === 'ask') asked.push(this.#ask(action.key, action.isStrict))
    else if (what === 'askMany') asked.push(this.#askMany())
    else if (what === 'set') return this.#set(action.key)
    else if (what === 'delete') {
      this.#model.undo(action.key)
      return this.#cache.delete(action.key)
    } else {
      for (const each of KEYS) this.#model.undo(each)
      return what === 'clear' ? this.#cache.clear() : this.#cache.invalidateTags(['t'])
    }
    return undefined
  }

  /** Time passes in small steps, and what waits for no more than promises goes on at each. */
  async #pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 500) {
      await settled()
      this.#clock.advance(500)
    }
    await settled()
  }

  #set(of: Key): Promise<boolean> {
    this.#model.undo(of)
    const value = { key: of, id: ++this.#made }
    this.#model.live({ ...value, begun: this.#model.tick(), from: this.#clock.now(), grace: graceOf(this.#policies) })
    return this.#cache.set(of, value, { tags: ['t'] })
  }

  #call(of: Key, own: Policies): Call {
    return { key: of, policies: own, tick: this.#model.tick(), at: this.#clock.now() }
  }

  async #ask(of: Key, strict: boolean): Promise<void> {
    const own = strict ? NO_POLICIES : this.#policies
    const call = this.#call(of, own)
    const off = { staleWhileRevalidate: 0, staleIfError: 0, eagerRefresh: 1, negativeTtl: {} }
    const options = { tags: ['t'], ...(strict && off) }
    try {
      const value = await this.#cache.getOrCompute(
        of,
        async (run) => (await this.#make([of], own, run))[0] as Value,
        options,
      )
      this.#model.got(call, value, this.#clock.now())
    } catch (error) {
      this.#model.rejected(call, error, this.#clock.now())
    }
  }

  /** Each key of a batch is answered when all are: what it got says nothing about the others' wait. */
  async #askMany(): Promise<void> {
    const compute = (missing: readonly string[]) => this.#make(missing as readonly Key[], this.#policies)
    try {
      const values = await this.#cache.getOrComputeMany<Value>(KEYS, compute, { tags: ['t'] })
      if (values.some(({ key: got }, i) => got !== KEYS[i])) this.#model.breach ??= 'a batch was given in another order'
    } catch (error) {
      if (!(error instanceof Failure) && !isTimeout(error)) this.#model.breach ??= String(error)
    }
  }

  /** One computation of some keys: it does as the source does now. */
  #make(keys: readonly Key[], by: Policies, run?: Computation): Promise<Value[]> {
    const { ms, ends } = SOURCES[this.#source]
    const at = this.#clock.now()
    const makings = keys.map((of): Making => ({ key: of, begun: this.#model.tick(), at, isOver: false }))
    for (const making of makings) this.#model.begin(making, by)
    const { promise, resolve, reject } = Promise.withResolvers<Value[]>()
    const old = ends === 'unmodified' ? (run?.stale?.value as Value | undefined) : undefined
    this.#clock.after(Math.min(ms, TIMEOUT), () => {
      const now = this.#clock.now()
      const id = ++this.#made
      const error = ms > TIMEOUT ? { code: 'TIMEOUT' } : new Failure(`${keys}${id}`)
      const values = keys.map((of) => old ?? { key: of, id })
      for (const [i, making] of makings.entries()) {
        making.isOver = true
        const { key: of, begun } = making
        if (ms > TIMEOUT || ends === 'failing') this.#model.failed(of, now, error, by)
        else this.#model.live({ key: of, id: values[i]?.id ?? id, begun, from: now, grace: graceOf(by) })
      }
      if (ms > TIMEOUT) return
      if (ends === 'failing') reject(error)
      else resolve(old === undefined || run === undefined ? values : [run.notModified()])
    })
    return promise
  }
}

function optionsOf({ whileRevalidate, ifError, soft, eager }: Omit<Policies, 'negative'>): FreshnessOptions {
  return {
    staleWhileRevalidate: whileRevalidate,
    staleIfError: ifError,
    eagerRefresh: eager,
    ...(soft > 0 && { softTimeout: soft }),
  }
}
