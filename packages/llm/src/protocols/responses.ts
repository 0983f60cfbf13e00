import { count, type Loose, list, loose, parseJson, text } from '../json.js'
import type { AnswerReader, Protocol, Unstorable, Verdict } from '../protocol.js'
import { NO_USAGE, type Usage } from '../usage.js'

/** OpenAI's responses: a stream ends with `response.completed`, `response.incomplete` or `response.failed`. */
export const responses: Protocol = {
  name: 'responses',
  matches: (path) => path.endsWith('/responses'),
  ignored: ['user', 'safety_identifier', 'prompt_cache_key', 'prompt_cache_retention', 'metadata', 'service_tier'],
  dependsOnState: ({ conversation, background }) => (conversation ?? null) !== null || background === true,
  reader: () => new ResponseReader(),
}

const TERMINAL = ['response.completed', 'response.incomplete', 'response.failed']

class ResponseReader implements AnswerReader {
  #failed = false
  #response: Loose | undefined

  whole(json: unknown): void {
    this.#response = loose(json)
  }

  event(data: string): boolean {
    const event = loose(parseJson(data) ?? { type: 'error' })
    if (event.type === 'error') this.#failed = true
    if (!TERMINAL.includes(text(event.type) ?? '')) return this.#failed
    this.#response = loose(event.response)
    return true
  }

  verdict(): Verdict {
    const { usage, model } = this.#response ?? {}
    const said = this.#parts()
      .map((part) => text(part.text) ?? '')
      .join('')
    return {
      unstorable: this.#unstorable(),
      usage: usageOf(loose(usage)),
      model: text(model),
      texts: said === '' ? [] : [said],
    }
  }

  #items(): readonly Loose[] {
    return list(this.#response?.output).map(loose)
  }

  #parts(): readonly Loose[] {
    return this.#items().flatMap((item) => (item.type === 'message' ? list(item.content).map(loose) : []))
  }

  #unstorable(): Unstorable | undefined {
    if (this.#failed) return 'error'
    const { status, error, incomplete_details: details } = this.#response ?? {}
    if (status === 'failed' || loose(error).message !== undefined) return 'error'
    if (status === 'incomplete') return loose(details).reason === 'content_filter' ? 'filtered' : 'truncated'
    if (status !== 'completed') return 'incomplete'
    const parts = this.#parts()
    if (parts.some(({ type }) => type === 'refusal')) return 'filtered'
    const says = this.#items().some(({ type }) => type !== 'message' && type !== 'reasoning')
    return says || parts.some(({ text }) => typeof text === 'string' && text.trim() !== '') ? undefined : 'empty'
  }
}

function usageOf(usage: Loose): Usage {
  if (usage.input_tokens === undefined) return NO_USAGE
  return {
    inputTokens: count(usage.input_tokens),
    outputTokens: count(usage.output_tokens),
    cachedInputTokens: count(loose(usage.input_tokens_details).cached_tokens),
    cacheWriteTokens: 0,
  }
}
