import type { Received } from '../reply.js'
import { chat } from './chat-completions.js'
import type { Dialect } from './dialect.js'
import { ollamaChat } from './ollama.js'

/** A vector for an input: the same each time, different for different inputs, exact in 32 bits. */
function vectorOf(input: unknown): number[] {
  const text = JSON.stringify(input)
  const at = (i: number) => (text.charCodeAt((i * 7) % text.length) * (i + 3) + text.length) % 512
  return Array.from({ length: 8 }, (_, i) => at(i) / 512)
}

function inputsOf({ body }: Received): unknown[] {
  return Array.isArray(body.input) && typeof body.input[0] !== 'number' ? body.input : [body.input]
}

export const embeddings: Dialect = {
  ...chat,
  path: /\/v1\/embeddings$/,
  streams: () => false,
  whole({ model, vectors }, received) {
    const inputs = inputsOf(received)
    const tokens = inputs.reduce<number>(
      (sum, input) => sum + (Array.isArray(input) ? input.length : String(input).length),
      0,
    )
    const data = inputs.map((input, index) => {
      const vector = vectors?.[index] ?? vectorOf(input)
      const bytes = Float32Array.from(vector)
      const embedding =
        received.body.encoding_format === 'base64' ? Buffer.from(bytes.buffer).toString('base64') : [...vector]
      return { object: 'embedding', index, embedding }
    })
    return { object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } }
  },
}

export const ollamaEmbeddings: Dialect = {
  ...ollamaChat,
  path: /\/api\/embed$/,
  streams: () => false,
  whole({ model, vectors }, received) {
    const inputs = inputsOf(received)
    return {
      model,
      embeddings: inputs.map((input, i) => vectors?.[i] ?? vectorOf(input)),
      total_duration: 5_000_000,
      load_duration: 1_000_000,
      prompt_eval_count: inputs.reduce<number>((sum, input) => sum + String(input).length, 0),
    }
  },
}
