import type { Savings } from '../savings.js'

/** A model of the AI SDK, as far as middleware looks at it. */
interface WrappedModel {
  readonly provider: string
  readonly modelId: string
}

/** The parameters of an embedding call, as far as middleware looks at them. */
interface EmbedParams {
  readonly values: readonly string[]
}

/** What an embedding call gives, as far as middleware looks at it. */
interface EmbedResult {
  readonly embeddings: readonly (readonly number[])[]
  readonly usage?: { readonly tokens: number } | undefined
}

/**
 * Middleware for `wrapLanguageModel` and for `wrapEmbeddingModel`, of `ai` 6 and 7. It names no types of the SDK's, of which
 * each version has its own.
 */
export interface CacheMiddleware {
  readonly specificationVersion: 'v3'
  readonly transformParams: <Params extends object>(options: { readonly params: Params }) => Promise<Params>
  readonly wrapGenerate: <Result extends object>(options: {
    readonly doGenerate: () => PromiseLike<Result>
    readonly params: object
    readonly model: WrappedModel
  }) => Promise<Result>
  readonly wrapStream: <Part, Result extends { readonly stream: ReadableStream<Part> }>(options: {
    readonly doStream: () => PromiseLike<Result>
    readonly params: object
    readonly model: WrappedModel
  }) => Promise<Result>
  readonly wrapEmbed: <Result extends EmbedResult, Params extends EmbedParams>(options: {
    readonly doEmbed: () => PromiseLike<Result>
    readonly params: Params
    readonly model: WrappedModel & { readonly doEmbed: (options: never) => PromiseLike<Result> }
  }) => Promise<Result>
  /** What was spent and saved through it in this process. */
  readonly savings: () => Savings
}
