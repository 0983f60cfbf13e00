import {
  type Cache,
  type Clock,
  canonical,
  createCache,
  type Entry,
  GranaryError,
  STORED,
  type Store,
} from '@granary/core'
import { sha256 } from '../digest.js'
import type { HttpHead } from '../fetch/http-answer.js'
import type { Recording } from '../recording.js'
import { readCassette, writeCassette } from './cassette-file.js'
import { type AskedRequest, type Exchange, fromExchange, toExchange } from './exchange.js'
import { inWords, nearest } from './nearest.js'
import type { Scrub } from './scrub.js'

type Answer = Recording<HttpHead, string>

/**
 * Requests and their answers in a file. It is used through a cache, whose store it is: calls are joined, streams played and
 * aborted as with any other, only that entries are kept in the file.
 */
export class Cassette {
  readonly path: string
  readonly #exchanges = new Map<string, Exchange>()
  readonly #asked = new Map<string, { readonly request: AskedRequest; readonly scrub: Scrub }>()
  readonly #recorded = new Set<string>()
  readonly #caches = new Map<boolean, Cache>()
  readonly #clock: Clock
  #failure: unknown

  /** @throws GranaryError `INVALID_OPTION` for a file that is no cassette */
  constructor(path: string, clock: Clock) {
    this.path = path
    this.#clock = clock
    for (const exchange of readCassette(path)) this.#exchanges.set(keyOf(exchange.request), exchange)
  }

  /** How many exchanges are in it. */
  get size(): number {
    return this.#exchanges.size
  }

  /** The cache that gives what is in the file; or, for recording, only what was recorded since it was opened. */
  cache(recording: boolean): Cache {
    const known = this.#caches.get(recording)
    if (known !== undefined) return known
    const cache = createCache({ layers: [this.#store(recording)], ttl: 'forever', clock: this.#clock })
    this.#caches.set(recording, cache)
    return cache
  }

  /** Takes note of a request that is about to be made, and gives its key. */
  ask(request: AskedRequest, scrub: Scrub): string {
    if (this.#failure !== undefined)
      throw new GranaryError('INVALID_OPTION', `the cassette ${this.path} cannot be written`, { cause: this.#failure })
    const key = keyOf(request)
    this.#asked.set(key, { request, scrub })
    return key
  }

  /** What to say where a request is not in it: what differs from the nearest that is. */
  missing(key: string, debug: boolean): GranaryError {
    const request = this.#asked.get(key)?.request
    const recorded = Array.from(this.#exchanges.values(), (exchange) => exchange.request)
    const found = request && nearest(request, recorded)
    const sentences = [
      `no recording of this request in ${this.path}.`,
      found === undefined ? 'It has none.' : `The nearest differs:\n${inWords(found, debug).join('\n')}\n`,
      "Record it with mode 'record'.",
      ...(debug ? [] : ['With debug: true it is said what was recorded and what is asked.']),
    ]
    return new GranaryError('NOT_CACHED', sentences.join(' '))
  }

  /** Removes what was not recorded since it was opened: the requests that are no longer made. */
  prune(): void {
    if (this.#recorded.size === 0) return
    for (const key of this.#exchanges.keys()) if (!this.#recorded.has(key)) this.#exchanges.delete(key)
    writeCassette(this.path, [...this.#exchanges.values()])
  }

  #store(recording: boolean): Store {
    return {
      name: 'cassette',
      get: (key) => (!recording || this.#recorded.has(key) ? this.#entry(key) : undefined),
      set: (key, entry) => {
        this.#keep(key, entry.value as Answer)
        return STORED
      },
      delete: (key) => this.#exchanges.delete(key),
      clear: () => this.#exchanges.clear(),
    }
  }

  #entry(key: string): Entry | undefined {
    const exchange = this.#exchanges.get(key)
    if (exchange === undefined) return undefined
    const value = fromExchange(exchange)
    const forever = Number.POSITIVE_INFINITY
    const life = { createdAt: value.at, freshUntil: forever, staleUntil: forever }
    return { value, namespace: '', tags: [], ...life, computeMs: 0, cost: 0, since: 0 }
  }

  #keep(key: string, answer: Answer): void {
    const asked = this.#asked.get(key)
    if (asked === undefined) return
    // At the place where it was, so that a review sees what changed; a new one comes last.
    this.#exchanges.set(key, toExchange(asked.request, answer, asked.scrub))
    this.#recorded.add(key)
    try {
      writeCassette(this.path, [...this.#exchanges.values()])
    } catch (error) {
      this.#failure = error
    }
  }
}

/** Not written in the file, so that a person may edit a request there. */
function keyOf(request: AskedRequest): string {
  return sha256(canonical(request, 'request'))
}
