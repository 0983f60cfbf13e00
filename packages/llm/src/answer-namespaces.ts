import type { Cache } from '@granary/core'

const MOST_REMEMBERED = 1_000

/**
 * The namespaces of one kind of answers, by scope and model: what was saved is accounted for by namespace, so by model, and
 * each can be cleared. Names of namespaces are written with their lengths: no scope can be spelled so as to reach into
 * another, and what is in none is apart from all.
 */
export class AnswerNamespaces {
  readonly #all: Cache
  readonly #scopes = new Map<string, Cache>()
  readonly #models = new WeakMap<Cache, Map<string, Cache>>()

  /** @param kind such as `'fetch'` */
  constructor(cache: Cache, kind: string) {
    this.#all = cache.namespace('llm').namespace(kind)
  }

  /** All answers in a scope, or in none. */
  of(scope: string | undefined): Cache {
    return remembered(this.#scopes, scope === undefined ? '' : `:${scope}`, () =>
      scope === undefined ? this.#all.namespace('unscoped') : this.#all.namespace('scope').namespace(scope),
    )
  }

  /** Those that were asked of one model. */
  ofModel(scope: string | undefined, model: unknown): Cache {
    const own = this.of(scope)
    const models = this.#models.get(own) ?? new Map<string, Cache>()
    this.#models.set(own, models)
    const name = typeof model === 'string' && model !== '' ? model.slice(0, LONGEST) : 'unknown'
    return remembered(models, name, () => own.namespace(`model:${name}`))
  }
}

/** What the name of a namespace may hold of a model's. */
const LONGEST = 500

function remembered(known: Map<string, Cache>, name: string, make: () => Cache): Cache {
  const found = known.get(name)
  if (found !== undefined) return found
  if (known.size >= MOST_REMEMBERED) known.clear()
  const made = make()
  known.set(name, made)
  return made
}
