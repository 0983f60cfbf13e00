import { type Script, words } from '../reply.js'
import type { Dialect } from './dialect.js'

export const ollamaChat: Dialect = {
  path: /\/api\/(?:chat|generate)$/,
  framing: 'lines',
  // Ollama streams unless told not to.
  streams: ({ body }) => body.stream !== false,
  error: (_type, message) => ({ error: message }),
  errorEvent: (_type, message) => ({ data: { error: message } }),
  whole: (script, { path }) => ({ ...ollamaSays(script, path, script.text, true), ...ollamaDone(script) }),
  events(script, { path }) {
    const { text, toolCalls } = script
    return [
      ...words(text).map((word) => ({ data: { ...ollamaSays(script, path, word, false), done: false } })),
      ...(toolCalls.length === 0 ? [] : [{ data: { ...ollamaSays(script, path, '', true), done: false } }]),
      { data: { ...ollamaSays(script, path, '', false), ...ollamaDone(script) } },
    ]
  },
}

function ollamaSays({ model, toolCalls }: Script, path: string, text: string, calls: boolean) {
  const head = { model, created_at: '2026-01-01T00:00:00Z' }
  if (path.endsWith('/generate')) return { ...head, response: text }
  const made = toolCalls.map(({ name, arguments: given }) => ({ function: { name, arguments: JSON.parse(given) } }))
  return {
    ...head,
    message: { role: 'assistant', content: text, ...(calls && made.length > 0 && { tool_calls: made }) },
  }
}

function ollamaDone({ finish, usage }: Script) {
  return {
    done: true,
    done_reason: finish === 'length' ? 'length' : finish === 'pause' ? 'load' : 'stop',
    total_duration: 5_000_000,
    load_duration: 1_000_000,
    prompt_eval_count: usage.input,
    prompt_eval_duration: 1_000_000,
    eval_count: usage.output,
    eval_duration: 3_000_000,
  }
}
