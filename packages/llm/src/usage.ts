/** Tokens of one call, as its provider counted them. */
export interface Usage {
  /** Tokens of the prompt, with those that the provider had cached. */
  readonly inputTokens: number
  /** Tokens of the answer, with those of the reasoning. */
  readonly outputTokens: number
  /** The part of `inputTokens` that the provider read from its own prompt cache. */
  readonly cachedInputTokens: number
  /** The part of `inputTokens` that the provider wrote to its own prompt cache. */
  readonly cacheWriteTokens: number
}

export const NO_USAGE: Usage = Object.freeze({
  inputTokens: 0,
  outputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
})

/** The sum of two. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
  }
}
