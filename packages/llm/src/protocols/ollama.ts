import { count, isFilled, loose, parseJson, text } from '../json.js'
import type { AnswerReader, Protocol, Unstorable, Verdict } from '../protocol.js'
import { NO_USAGE, type Usage } from '../usage.js'

/** Ollama's own chat and generate: a stream of lines that ends with one that has `done: true`. */
export const ollama: Protocol = {
  name: 'ollama',
  matches: (path) => path.endsWith('/api/chat') || path.endsWith('/api/generate'),
  ignored: ['keep_alive'],
  reader: () => new OllamaReader(),
}

class OllamaReader implements AnswerReader {
  #failed = false
  #done = false
  #calls = false
  #text = ''
  #reason: string | undefined
  #usage: Usage = NO_USAGE
  #model: string | undefined

  whole(json: unknown): void {
    this.event(JSON.stringify(json))
  }

  event(data: string): boolean {
    const line = loose(parseJson(data) ?? { error: 'malformed' })
    const message = loose(line.message)
    if (line.error !== undefined) this.#failed = true
    this.#text += text(message.content) ?? text(line.response) ?? ''
    this.#calls ||= isFilled(message.tool_calls)
    this.#model = text(line.model) ?? this.#model
    if (line.done !== true) return this.#failed
    this.#done = true
    this.#reason = text(line.done_reason)
    this.#usage = { ...NO_USAGE, inputTokens: count(line.prompt_eval_count), outputTokens: count(line.eval_count) }
    return true
  }

  verdict(): Verdict {
    const texts = this.#calls ? [] : [this.#text]
    return { unstorable: this.#unstorable(), usage: this.#usage, model: this.#model, texts }
  }

  #unstorable(): Unstorable | undefined {
    if (this.#failed) return 'error'
    if (!this.#done) return 'incomplete'
    if (this.#reason === 'length') return 'truncated'
    // Servers before 0.3 do not say why they stopped.
    if (this.#reason !== undefined && this.#reason !== 'stop') return 'unfinished'
    return this.#calls || isFilled(this.#text) ? undefined : 'empty'
  }
}
