import type { Cache, Task, Ttl } from '@granary/core'
import { costOf, type Prices } from '../prices.js'
import type { Unstorable } from '../protocol.js'
import { type Savings, SavingsLedger } from '../savings.js'
import type { Usage } from '../usage.js'

/**
 * What a worker spent on its model, and what it saved. How many tokens an answer took is kept beside its outputs, so that
 * a hit knows what it saved, in another process too. Nothing waits for it.
 */
export class WorkerSavings {
  readonly #ledger = new SavingsLedger()
  readonly #usages: Cache
  readonly #model: string
  readonly #prices: Prices
  /** Tasks that are being run: how often, and whether the model was asked for one of those runs. */
  readonly #running = new WeakMap<Task, { runs: number; asked: boolean }>()
  readonly #pending = new Set<Promise<unknown>>()

  constructor(cache: Cache, worker: string, model: string, prices: Prices) {
    this.#usages = cache.namespace('llm-usage').namespace(worker)
    this.#model = model
    this.#prices = prices
  }

  /** Watches a run: if the model is not asked meanwhile, it was a hit. */
  async attend<T>(task: Task, run: () => Promise<T>, keyOf: () => string): Promise<T> {
    const running = this.#running.get(task) ?? { runs: 0, asked: false }
    this.#running.set(task, running)
    running.runs++
    try {
      const outputs = await run()
      // Of several runs that waited for one answer, one has paid for it.
      if (!running.asked) this.#soon(this.#countHit(keyOf()))
      running.asked = false
      return outputs
    } finally {
      if (--running.runs === 0) this.#running.delete(task)
    }
  }

  /** Takes note that the model is asked for a task. */
  asks(task: Task): void {
    const running = this.#running.get(task)
    if (running !== undefined) running.asked = true
  }

  spent(usage: Usage, cost: number): void {
    this.#ledger.add('calls', this.#model, usage, cost)
  }

  refused(reason: Unstorable): void {
    this.#ledger.refuse(reason)
  }

  /** Keeps what the outputs under a key took. */
  note(key: string, usage: Usage, ttl: Ttl): void {
    this.#soon((async () => this.#usages.set(key, usage, { ttl }))())
  }

  async snapshot(): Promise<Savings> {
    while (this.#pending.size > 0) await Promise.all(this.#pending)
    return this.#ledger.snapshot()
  }

  async #countHit(key: string): Promise<void> {
    const usage = (await this.#usages.peek<Usage>(key))?.value
    if (usage !== undefined) this.#ledger.add('hits', this.#model, usage, costOf(usage, this.#model, this.#prices))
  }

  #soon(work: Promise<unknown>): void {
    const pending = work.catch(() => {}).finally(() => this.#pending.delete(pending))
    this.#pending.add(pending)
  }
}
