import { count, list, loose, text } from '../json.js'
import type { AnswerReader, BatchForm, Protocol, Vector, Verdict } from '../protocol.js'
import { NO_USAGE, type Usage } from '../usage.js'

type Body = Readonly<Record<string, unknown>>

/** OpenAI's embeddings: an input, or a list of them; vectors as numbers, or as the base64 of 32-bit floats. */
export const embeddings: Protocol = {
  name: 'embeddings',
  matches: (path) => path.endsWith('/embeddings') && !path.endsWith('/api/embeddings'),
  ignored: ['user', 'encoding_format'],
  reader: () => new EmbeddingReader('prompt_tokens'),
  batch: {
    ...inputsIn(['input', 'encoding_format', 'user']),
    vectors(answer, asked) {
      const items = list(loose(answer).data).map(loose)
      const ordered = items.toSorted((a, b) => count(a.index) - count(b.index))
      return allOf(
        ordered.map(({ embedding }) => decoded(embedding)),
        asked,
      )
    },
    answer: (body, vectors, model, { inputTokens }) => ({
      object: 'list',
      data: vectors.map((vector, index) => ({
        object: 'embedding',
        index,
        embedding: body.encoding_format === 'base64' ? base64Of(vector) : Array.from(vector),
      })),
      model,
      usage: { prompt_tokens: inputTokens, total_tokens: inputTokens },
    }),
  },
}

/** Ollama's embeddings: vectors as numbers. */
export const ollamaEmbeddings: Protocol = {
  name: 'ollama-embeddings',
  matches: (path) => path.endsWith('/api/embed'),
  ignored: ['keep_alive'],
  reader: () => new EmbeddingReader('prompt_eval_count'),
  batch: {
    ...inputsIn(['input', 'keep_alive']),
    vectors: (answer, asked) => allOf(list(loose(answer).embeddings).map(decoded), asked),
    answer: (_body, vectors, model, { inputTokens }) => ({
      model,
      embeddings: vectors.map((vector) => Array.from(vector)),
      prompt_eval_count: inputTokens,
    }),
  },
}

function inputsIn(own: readonly string[]): Pick<BatchForm, 'inputs' | 'withInputs' | 'shared'> {
  return {
    // A list of numbers is one input, given as tokens.
    inputs: ({ input }) => (Array.isArray(input) && typeof input[0] !== 'number' ? input : [input]),
    withInputs: (body, inputs) => ({ ...body, input: inputs }),
    shared: (body: Body) => Object.fromEntries(Object.entries(body).filter(([name]) => !own.includes(name))),
  }
}

function allOf(vectors: readonly (Vector | undefined)[], asked: number): readonly Vector[] | undefined {
  return vectors.length === asked && vectors.every((vector) => vector !== undefined) ? vectors : undefined
}

function decoded(embedding: unknown): Vector | undefined {
  if (typeof embedding === 'string') {
    const bytes = new Uint8Array(Buffer.from(embedding, 'base64'))
    return bytes.length > 0 && bytes.length % 4 === 0 ? new Float32Array(bytes.buffer) : undefined
  }
  const isVector = Array.isArray(embedding) && embedding.length > 0 && embedding.every((n) => typeof n === 'number')
  return isVector ? embedding : undefined
}

function base64Of(vector: Vector): string {
  const { buffer, byteOffset, byteLength } = vector instanceof Float32Array ? vector : Float32Array.from(vector)
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64')
}

/** Says what a batch cost, and who answered; its vectors are looked at one by one. */
class EmbeddingReader implements AnswerReader {
  readonly #tokens: string
  #usage: Usage = NO_USAGE
  #model: string | undefined
  #failed = false

  /** @param tokens the property that counts them, of the answer or of its `usage` */
  constructor(tokens: string) {
    this.#tokens = tokens
  }

  whole(json: unknown): void {
    const answer = loose(json)
    this.#failed = answer.error !== undefined
    this.#model = text(answer.model)
    const counted = loose(answer.usage)[this.#tokens] ?? answer[this.#tokens]
    this.#usage = { ...NO_USAGE, inputTokens: count(counted) }
  }

  event(): boolean {
    this.#failed = true
    return true
  }

  verdict(): Verdict {
    return { unstorable: this.#failed ? 'error' : undefined, usage: this.#usage, model: this.#model, texts: [] }
  }
}
