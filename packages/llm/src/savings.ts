import type { Unstorable } from './protocol.js'
import { addUsage, NO_USAGE, type Usage } from './usage.js'

/** What was asked of one model, and what was not because the answer was there. */
export interface ModelSavings {
  /** Calls that went to the provider. */
  readonly calls: number
  /** Answers that came from the cache. */
  readonly hits: number
  /** Answers that came from a call which another caller had under way. */
  readonly joined: number
  /** Tokens that were paid for. */
  readonly spentTokens: Usage
  readonly savedTokens: Usage
  /** US dollars, of calls whose model has a price. */
  readonly spentCost: number
  readonly savedCost: number
}

/** What was spent and saved in this process, by one fetch, model or worker. */
export interface Savings extends ModelSavings {
  readonly byModel: Readonly<Record<string, ModelSavings>>
  /** Answers that were given to their callers and not stored, by reason. */
  readonly unstored: Readonly<Partial<Record<Unstorable, number>>>
}

type What = 'calls' | 'hits' | 'joined'

/** Adds up what was spent and saved. */
export class SavingsLedger {
  readonly #models = new Map<string, ModelSavings>()
  readonly #unstored: Partial<Record<Unstorable, number>> = {}

  /** @param what `calls` are spent; `hits` and `joined` are saved */
  add(what: What, model: string, usage: Usage, cost: number): void {
    const before = this.#models.get(model) ?? NOTHING
    const isSpent = what === 'calls'
    this.#models.set(model, {
      ...before,
      [what]: before[what] + 1,
      ...(isSpent
        ? { spentTokens: addUsage(before.spentTokens, usage), spentCost: before.spentCost + cost }
        : { savedTokens: addUsage(before.savedTokens, usage), savedCost: before.savedCost + cost }),
    })
  }

  refuse(reason: Unstorable): void {
    this.#unstored[reason] = (this.#unstored[reason] ?? 0) + 1
  }

  snapshot(): Savings {
    const all = [...this.#models.values()].reduce(sum, NOTHING)
    return { ...all, byModel: Object.fromEntries(this.#models), unstored: { ...this.#unstored } }
  }
}

const NOTHING: ModelSavings = {
  calls: 0,
  hits: 0,
  joined: 0,
  spentTokens: NO_USAGE,
  savedTokens: NO_USAGE,
  spentCost: 0,
  savedCost: 0,
}

function sum(a: ModelSavings, b: ModelSavings): ModelSavings {
  return {
    calls: a.calls + b.calls,
    hits: a.hits + b.hits,
    joined: a.joined + b.joined,
    spentTokens: addUsage(a.spentTokens, b.spentTokens),
    savedTokens: addUsage(a.savedTokens, b.savedTokens),
    spentCost: a.spentCost + b.spentCost,
    savedCost: a.savedCost + b.savedCost,
  }
}
