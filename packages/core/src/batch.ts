import type { Awaitable } from './awaitable.js'
import { type Computation, CurrentComputation } from './computation.js'
import type { Engine, Request, Running } from './engine.js'
import { GranaryError } from './errors.js'
import type { HeldEntry } from './held-entry.js'
import type { Token } from './marks.js'

export type ComputeMany = (missing: readonly string[], run: Computation) => Awaitable<readonly unknown[]>

/** One key that a batch has to come by itself. */
interface Part {
  readonly request: Request
  readonly token: Token
  readonly running: Running
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
  const found = await engine.readMany(requests, requests[0]?.shape)
  return found.map((each) => each?.held ?? engine.notCached())
}

function begin(engine: Engine, request: Request, parts: Part[]): Running {
  const { promise, resolve, reject } = Promise.withResolvers<HeldEntry>()
  const token = engine.store.marks.begin(request.physical)
  const running = engine.launch(request, () => promise)
  running.whenSettled(() => engine.store.marks.end(token))
  parts.push({ request, running, token, resolve, reject })
  return running
}

async function run(engine: Engine, parts: readonly Part[], compute: ComputeMany): Promise<void> {
  const [{ request }] = parts as [Part]
  const disarm = engine.clock.after(request.timeout, () => {
    for (const { running } of parts) if (running.current) engine.timeOut(running)
  })
  try {
    const missing = (await read(engine, parts)).filter(({ running }) => !running.abandoned)
    if (missing.length > 0) await computeMissing(engine, missing, compute)
  } catch (error) {
    for (const { reject } of parts) reject(error)
  } finally {
    disarm()
  }
}

/** Answers the parts that some layer has, and gives back the others. */
async function read(engine: Engine, parts: readonly Part[]): Promise<Part[]> {
  const { allowed, shape } = (parts[0] as Part).request
  if (!allowed.reads) {
    if (allowed.stores) await engine.store.look(parts.map(({ token }) => token))
    return [...parts]
  }
  const found = await engine.store.readMany(
    parts.map(({ token }) => token),
    shape,
  )
  return parts.filter(({ request, resolve }, i) => {
    const each = found[i]
    engine.reporter.read(request, each)
    if (each !== undefined) resolve(each.held)
    return each === undefined
  })
}

async function computeMissing(engine: Engine, missing: readonly Part[], compute: ComputeMany): Promise<void> {
  const flights = missing.map(({ running }) => running)
  const run = new CurrentComputation((missing[0] as Part).request.tags, signalOfAll(flights))
  const began = engine.clock.now()
  try {
    for (const flight of flights) flight.starting = true
    const computing = compute(
      missing.map(({ request }) => request.key),
      run,
    )
    for (const flight of flights) flight.starting = false
    const values = await computing
    checkAnswer(values, missing.length)
    keepAll(engine, missing, run, values, (engine.clock.now() - began) / missing.length)
  } catch (error) {
    for (const flight of flights) flight.starting = false
    for (const { request } of missing) engine.reporter.failed(request, engine.clock.now() - began)
    throw error
  }
}

function keepAll(
  engine: Engine,
  parts: readonly Part[],
  run: Computation,
  values: readonly unknown[],
  ms: number,
): void {
  run.cost /= parts.length
  const kept = parts.flatMap(({ running, token, resolve }, i) => {
    const request = running.about
    engine.reporter.computed(request, ms)
    const { held, reason } = engine.make(running, run, token, values[i], ms)
    if (reason !== undefined) engine.reporter.refused(request, reason)
    resolve(held)
    return reason === undefined ? [{ request, write: { key: request.physical, held, token } }] : []
  })
  if (kept.length > 0) engine.storeAll(kept)
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
function signalOfAll(flights: readonly Running[]): () => AbortSignal {
  let controller: AbortController | undefined
  return () => {
    if (controller !== undefined) return controller.signal
    const own = new AbortController()
    controller = own
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
