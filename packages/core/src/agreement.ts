import type { Clock } from './clock.js'
import type { GuardedStore } from './guarded-store.js'
import type { Marks } from './marks.js'
import type { Feed, Mark, News } from './store.js'

/** How long a nearer layer is trusted between two looks for news, in ms. */
const LOOK_AFTER = 10

/** Told of what others did to a layer. A gap comes as a mark on everything. */
export type NewsListener = (layer: number, marks: readonly Mark[], isGap: boolean) => void

interface Subscription {
  readonly layer: GuardedStore
  readonly feed: Feed
}

/**
 * Keeps the nearer layers in agreement with what other processes do to the farther ones (P2, P5): the marks that a layer's
 * feed tells of are applied to this process's history and to every layer before it. A gap empties those layers.
 *
 * There is no timer: a feed that has to be asked is asked when something is read or written.
 */
export class Agreement {
  /** When to look for news next, in ms of the clock; `Infinity` where it comes by itself. */
  dueAt = 0
  readonly #layers: readonly GuardedStore[]
  readonly #marks: Marks
  readonly #clock: Clock
  #listener: NewsListener = () => {}
  #subscribed = false
  #subscriptions: readonly Subscription[] = []
  #polled: readonly Subscription[] = []

  constructor(layers: readonly GuardedStore[], marks: Marks, clock: Clock) {
    this.#layers = layers
    this.#marks = marks
    this.#clock = clock
  }

  /** Takes the one who is told of news, after they were applied. */
  tell(listener: NewsListener): void {
    this.#listener = listener
  }

  /** Looks for news, if the last look is old enough. */
  look(): void {
    if (this.dueAt === Number.POSITIVE_INFINITY) return
    const now = this.#clock.now()
    if (now >= this.dueAt) this.lookAt(now)
  }

  lookAt(now: number): void {
    if (!this.#subscribed) this.#subscribe()
    this.dueAt = this.#polled.length > 0 ? now + LOOK_AFTER : Number.POSITIVE_INFINITY
    for (const { layer, feed } of this.#polled) layer.attempt('feed', () => feed.poll?.())
  }

  close(): void {
    for (const { layer, feed } of this.#subscriptions) layer.attempt('feed', () => feed.close())
    this.dueAt = Number.POSITIVE_INFINITY
  }

  #subscribe(): void {
    this.#subscribed = true
    this.#subscriptions = this.#layers.flatMap((layer, i) => {
      const feed = layer.attempt('feed', () => layer.store.feed?.((news) => this.#hear(i, news)))
      return feed === undefined ? [] : [{ layer, feed }]
    })
    this.#polled = this.#subscriptions.filter(({ feed }) => feed.poll !== undefined)
  }

  #hear(from: number, news: News): void {
    const isGap = news === 'gap'
    const marks = isGap ? [{ namespace: '' }] : news
    if (marks.length === 0) return
    for (const mark of marks) this.#marks.add(mark)
    for (const layer of this.#layers.slice(0, from)) void layer.invalidate(marks)
    this.#listener(from, marks, isGap)
  }
}
