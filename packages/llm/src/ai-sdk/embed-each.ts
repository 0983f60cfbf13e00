import { type Cache, GranaryError, type Mode, type Ttl } from '@granary/core'
import { NO_USAGE, type Usage } from '../usage.js'

/** The embedding of one value, as the cache keeps it. */
export interface Embedded {
  readonly vector: readonly number[]
  /** Its part of what the batch cost. */
  readonly tokens: number
}

export interface EmbedEach {
  readonly cache: Cache
  readonly keys: readonly string[]
  readonly values: readonly string[]
  readonly settings: { readonly mode: Mode; readonly ttl: Ttl; readonly signal?: AbortSignal }
  readonly embed: (
    values: readonly string[],
    signal: AbortSignal,
  ) => Promise<{
    readonly embeddings: readonly (readonly number[])[]
    readonly usage?: { readonly tokens: number } | undefined
  }>
  /** Takes note of what a batch cost, and gives it in money. */
  readonly paid: (usage: Usage) => number
}

/** Embeds values one by one from the cache, and those that are missing in one call; says which were asked for. */
export async function embedEach({ cache, keys, values, settings, embed, paid }: EmbedEach): Promise<{
  readonly found: readonly Embedded[]
  /** Places of the values that were asked for. */
  readonly asked: ReadonlySet<number>
}> {
  const byKey = new Map(keys.map((key, i) => [key, values[i] as string]))
  const missed = new Set<string>()
  const found = await cache.getOrComputeMany<Embedded>(
    keys,
    async (missing, run) => {
      for (const key of missing) missed.add(key)
      const texts = missing.map((key) => byKey.get(key) as string)
      const { embeddings, usage } = await embed(texts, run.signal)
      if (embeddings.length !== texts.length)
        throw new GranaryError(
          'INVALID_ANSWER',
          `the model gave ${embeddings.length} embeddings for ${texts.length} values`,
        )
      const tokens = usage?.tokens ?? 0
      run.cost = paid({ ...NO_USAGE, inputTokens: tokens })
      const length = texts.reduce((sum, text) => sum + text.length, 0)
      return embeddings.map((vector, i) => ({
        vector: [...vector],
        tokens: length === 0 ? 0 : (tokens * (texts[i] as string).length) / length,
      }))
    },
    settings,
  )
  return { found, asked: new Set(keys.flatMap((key, i) => (missed.has(key) ? [i] : []))) }
}
