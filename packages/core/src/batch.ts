import type { Awaitable } from './awaitable.js'
import { type Computation, CurrentComputation } from './computation.js'
import type { Engine } from './engine.js'
import { GranaryError } from './errors.js'
import type { Found, Wanted } from './found.js'
import type { HeldEntry } from './held-entry.js'
import type { Token } from './marks.js'
import type { Request, Running } from './request.js'

export type ComputeMany = (missing: readonly string[], run: Computation) => Awaitable<readonly unknown[]>

/** One key that a batch has to come by itself. */
interface Part {
  readonly request: Request
  readonly token: Token
  readonly running: Running
  readonly wanted: Wanted
  /** Tells what was there, once it has been read. */
  readonly tell: (found: Found | undefined) => void
  readonly resolve: (held: HeldEntry) => void
  readonly reject: (error: unknown) => void
}

/**
 * Obtains many keys: joins the runs that are under way for some of them, and makes one run of the rest, which reads each
 * layer once and computes what is missing in one call. All requests have the same options.
 */
export async function computeMany(
  engine: Engine,
  requests: readonly Request[],
  compute: ComputeMany,
): Promise<HeldEntry[]> {
  engine.checkOpen()
  requests[0]?.signal?.throwIfAborted()
  if (requests[0]?.allowed.computes === false) return cachedOnly(engine, requests)
  const parts: Part[] = []
  const obtained = new Map<string, Promise<HeldEntry>>()
  for (const request of requests) {
    if (obtained.has(request.physical)) continue
    const single = { ...request, compute: (run: Computation) => computeOne(compute, request.key, run) }
    const own = engine.joinable(request) === undefined
    obtained.set(request.physical, own ? engine.obtain(single, begin(engine, single, parts)) : engine.obtain(single))
  }
  if (parts.length > 0) void run(engine, parts, compute)
  const physicals = [...obtained.keys()]
  const entries = await Promise.all(obtained.values())
  const byKey = new Map(physicals.map((physical, i) => [physical, entries[i] as HeldEntry]))
  return requests.map(({ physical }) => byKey.get(physical) as HeldEntry)
}

/** All of them, from the layers alone. */
async function cachedOnly(engine: Engine, requests: readonly Request[]): Promise<HeldEntry[]> {
  const tokens = requests.map(({ physical }) => engine.store.marks.begin(physical))
  try {
    const found = await engine.store.readMany(
      tokens,
      requests[0]?.shape,
      requests.map((each) => engine.runner.wanted(each)),
    )
    return requests.map((request, i) => engine.cachedOnly(request, found[i]))
  } finally {
    for (const token of tokens) engine.store.marks.end(token)
  }
}

function begin(engine: Engine, request: Request, parts: Part[]): Running {
  const outcome = Promise.withResolvers<HeldEntry>()
  const found = Promise.withResolvers<Found | undefined>()
  const token = engine.store.marks.begin(request.physical)
  token.replaces = !request.allowed.reads
  const running = engine.launch(request, found.promise, () => outcome.promise)
  running.whenSettled(() => engine.store.marks.end(token))
  const wanted = engine.runner.wanted(request)
  parts.push({ request, running, token, wanted, tell: found.resolve, ...outcome })
  return running
}

async function run(engine: Engine, parts: readonly Part[], compute: ComputeMany): Promise<void> {
  const [{ request }] = parts as [Part]
  let missing = parts
  const signal = signalOfAll(() => missing.map(({ running }) => running))
  const computation = new CurrentComputation(request.tags, signal)
  const disarm = engine.clock.after(request.timeout, () => {
    for (const { running, token } of parts)
      if (!running.isOver) engine.runner.timeOut({ running, token, run: computation })
  })
  try {
    missing = (await read(engine, parts)).filter(({ running }) => !running.abandoned)
    if (missing.length > 0) await computeMissing(engine, missing, compute, computation)
  } catch (error) {
    for (const { reject } of parts) reject(error)
  } finally {
    disarm()
  }
}

/** Answers the parts that some layer has, and gives back the others. */
async function read(engine: Engine, parts: readonly Part[]): Promise<Part[]> {
  const { allowed, shape } = (parts[0] as Part).request
  const tokens = parts.map(({ token }) => token)
  if (!allowed.reads && allowed.stores) await engine.store.look(tokens)
  const wanted = parts.map((part) => part.wanted)
  const found = allowed.reads ? await engine.store.readMany(tokens, shape, wanted) : []
  return parts.filter(({ request, running, wanted, resolve }, i) => {
    const each = found[i]
    running.about.found = each
    if (!allowed.reads) return true
    if (!engine.runner.answers(request, each, wanted)) {
      engine.runner.misses(request, each)
      return true
    }
    resolve(each.held)
    return false
  })
}

async function computeMissing(
  engine: Engine,
  missing: readonly Part[],
  compute: ComputeMany,
  run: CurrentComputation,
): Promise<void> {
  const flights = missing.map(({ running }) => running)
  const began = engine.clock.now()
  for (const { about } of flights) about.began = began
  try {
    for (const flight of flights) flight.starting = true
    const computing = compute(
      missing.map(({ request }) => request.key),
      run,
    )
    for (const flight of flights) flight.starting = false
    for (const { running, tell } of missing) tell(running.about.found as Found | undefined)
    const values = await computing
    checkAnswer(values, missing.length)
    keepAll(engine, missing, run, values, (engine.clock.now() - began) / missing.length)
  } catch (error) {
    for (const flight of flights) flight.starting = false
    for (const { running, token } of missing) engine.runner.failed({ running, token, run }, error)
    throw error
  }
}

function keepAll(
  engine: Engine,
  parts: readonly Part[],
  run: CurrentComputation,
  values: readonly unknown[],
  ms: number,
): void {
  run.cost /= parts.length
  const kept = parts.flatMap(({ running, token, resolve, reject }, i) => {
    const { request } = running.about
    engine.reporter.computed(request, ms)
    const made = attempt(() => engine.keeper.make({ running, token, run, value: values[i], ms }), reject)
    if (made === undefined) return []
    const { held, reason } = made
    if (reason !== undefined) engine.reporter.refused(request, reason)
    resolve(held)
    return reason === undefined ? [{ request, write: { key: request.physical, held, token } }] : []
  })
  engine.keeper.keepAll(kept)
}

/** One value that does not fit its schema is no reason for the others to fail. */
function attempt<T>(make: () => T, reject: (error: unknown) => void): T | undefined {
  try {
    return make()
  } catch (error) {
    reject(error)
    return undefined
  }
}

async function computeOne(compute: ComputeMany, key: string, run: Computation): Promise<unknown> {
  const values = await compute([key], run)
  checkAnswer(values, 1)
  return values[0]
}

function checkAnswer(values: readonly unknown[], asked: number): void {
  if (Array.isArray(values) && values.length === asked) return
  const answered = Array.isArray(values) ? `${values.length} values` : 'no array'
  throw new GranaryError(
    'INVALID_OPTION',
    `getOrComputeMany: the computation answered ${answered} for ${asked} keys; it must give one for each, in order`,
  )
}

/** A signal that aborts when every one of the runs has been given up. */
function signalOfAll(all: () => readonly Running[]): () => AbortSignal {
  let controller: AbortController | undefined
  return () => {
    if (controller !== undefined) return controller.signal
    const own = new AbortController()
    controller = own
    const flights = all()
    let left = flights.length
    const give = (signal: AbortSignal) => {
      if (--left === 0) own.abort(signal.reason)
    }
    for (const { signal } of flights) {
      if (signal.aborted) give(signal)
      else signal.addEventListener('abort', () => give(signal), { once: true })
    }
    return own.signal
  }
}
