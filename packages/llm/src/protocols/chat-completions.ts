import { count, isFilled, type Loose, list, loose, parseJson, text } from '../json.js'
import type { AnswerReader, Protocol, Unstorable, Verdict } from '../protocol.js'
import { NO_USAGE, type Usage } from '../usage.js'

/** OpenAI's chat completions, as many others speak them: a stream ends with `data: [DONE]`. */
export const chatCompletions: Protocol = {
  name: 'chat-completions',
  matches: (path) => path.endsWith('/chat/completions'),
  ignored: ['user', 'safety_identifier', 'prompt_cache_key', 'prompt_cache_retention', 'metadata', 'service_tier'],
  reader: () => new ChatReader(),
}

/** What a choice's message, or a part of it, may say. */
const SAID = ['content', 'tool_calls', 'function_call', 'audio']
const FINISHED = ['stop', 'tool_calls', 'function_call']

interface Choice {
  finish: string | undefined
  text: string
  says: boolean
  refuses: boolean
}

class ChatReader implements AnswerReader {
  readonly #choices = new Map<number, Choice>()
  #failed = false
  #done = false
  #usage: Usage = NO_USAGE
  #model: string | undefined

  whole(json: unknown): void {
    this.#take(loose(json), 'message')
    this.#done = true
  }

  event(data: string): boolean {
    if (data === '[DONE]') this.#done = true
    else this.#take(loose(parseJson(data) ?? { error: 'malformed' }), 'delta')
    return this.#done || this.#failed
  }

  verdict(): Verdict {
    const texts = [...this.#choices.values()].flatMap((choice) => (choice.finish === 'stop' ? [choice.text] : []))
    return { unstorable: this.#unstorable(), usage: this.#usage, model: this.#model, texts }
  }

  #take(chunk: Loose, said: 'message' | 'delta'): void {
    if (chunk.error !== undefined && chunk.error !== null) this.#failed = true
    this.#model = text(chunk.model) ?? this.#model
    if (chunk.usage) this.#usage = usageOf(loose(chunk.usage))
    for (const [at, each] of list(chunk.choices).entries()) this.#takeChoice(loose(each), at, said)
  }

  #takeChoice(each: Loose, at: number, said: 'message' | 'delta'): void {
    const index = typeof each.index === 'number' ? each.index : at
    const choice = this.#choices.get(index) ?? { finish: undefined, text: '', says: false, refuses: false }
    this.#choices.set(index, choice)
    const message = loose(each[said])
    choice.finish = text(each.finish_reason) ?? choice.finish
    choice.text += text(message.content) ?? ''
    choice.says ||= SAID.some((name) => isFilled(message[name]))
    choice.refuses ||= isFilled(message.refusal)
  }

  #unstorable(): Unstorable | undefined {
    const choices = [...this.#choices.values()]
    const finished = (reason: string) => choices.some(({ finish }) => finish === reason)
    if (this.#failed) return 'error'
    if (!this.#done || choices.some(({ finish }) => finish === undefined)) return 'incomplete'
    if (finished('content_filter') || choices.some(({ refuses }) => refuses)) return 'filtered'
    if (finished('length')) return 'truncated'
    if (choices.some(({ finish = '' }) => !FINISHED.includes(finish))) return 'unfinished'
    return choices.length > 0 && choices.every(({ says }) => says) ? undefined : 'empty'
  }
}

function usageOf(usage: Loose): Usage {
  const cached = count(loose(usage.prompt_tokens_details).cached_tokens)
  return {
    inputTokens: count(usage.prompt_tokens),
    outputTokens: count(usage.completion_tokens),
    cachedInputTokens: cached,
    cacheWriteTokens: 0,
  }
}
