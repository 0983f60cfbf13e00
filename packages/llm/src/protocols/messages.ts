import { count, isFilled, type Loose, list, loose, parseJson, text } from '../json.js'
import type { AnswerReader, Protocol, Unstorable, Verdict } from '../protocol.js'
import { NO_USAGE, type Usage } from '../usage.js'

/** Anthropic's messages: a stream ends with the event `message_stop`. */
export const messages: Protocol = {
  name: 'messages',
  matches: (path) => path.endsWith('/messages'),
  ignored: ['metadata', 'service_tier'],
  dependsOnState: ({ container }) => (container ?? null) !== null,
  reader: () => new MessageReader(),
}

const FINISHED = ['end_turn', 'stop_sequence', 'tool_use']
const TRUNCATED = ['max_tokens', 'model_context_window_exceeded']
/** Blocks that lead to an answer, and are none by themselves. */
const BEFORE_THE_ANSWER = ['thinking', 'redacted_thinking']

class MessageReader implements AnswerReader {
  #failed = false
  #done = false
  #says = false
  #text = ''
  #stop: string | undefined
  #usage: Usage = NO_USAGE
  #model: string | undefined

  whole(json: unknown): void {
    const message = loose(json)
    if (message.type === 'error') this.#failed = true
    this.#begin(message)
    for (const block of list(message.content)) this.#block(loose(block))
    this.#done = true
  }

  event(data: string): boolean {
    const event = loose(parseJson(data) ?? { type: 'error' })
    if (event.type === 'error') this.#failed = true
    else if (event.type === 'message_start') this.#begin(loose(event.message))
    else if (event.type === 'content_block_start') this.#block(loose(event.content_block))
    else if (event.type === 'content_block_delta') this.#say(loose(event.delta).text)
    else if (event.type === 'message_delta') {
      this.#stop = text(loose(event.delta).stop_reason) ?? this.#stop
      this.#usage = usageOf(loose(event.usage), this.#usage)
    } else if (event.type === 'message_stop') this.#done = true
    return this.#done || this.#failed
  }

  verdict(): Verdict {
    const texts = this.#stop === 'end_turn' ? [this.#text] : []
    return { unstorable: this.#unstorable(), usage: this.#usage, model: this.#model, texts }
  }

  #begin(message: Loose): void {
    this.#model = text(message.model)
    this.#stop = text(message.stop_reason)
    this.#usage = usageOf(loose(message.usage), NO_USAGE)
  }

  #say(piece: unknown): void {
    this.#text += text(piece) ?? ''
    this.#says ||= isFilled(piece)
  }

  #block(block: Loose): void {
    const type = text(block.type) ?? ''
    if (type === 'text') this.#say(block.text)
    else this.#says ||= type !== '' && !BEFORE_THE_ANSWER.includes(type)
  }

  #unstorable(): Unstorable | undefined {
    if (this.#failed) return 'error'
    if (!this.#done || this.#stop === undefined) return 'incomplete'
    if (this.#stop === 'refusal') return 'filtered'
    if (TRUNCATED.includes(this.#stop)) return 'truncated'
    if (!FINISHED.includes(this.#stop)) return 'unfinished'
    return this.#says ? undefined : 'empty'
  }
}

/** Counts of a later event replace those of an earlier one; those that it does not repeat stay. */
function usageOf(usage: Loose, before: Usage): Usage {
  const read =
    usage.cache_read_input_tokens === undefined ? before.cachedInputTokens : count(usage.cache_read_input_tokens)
  const written =
    usage.cache_creation_input_tokens === undefined ? before.cacheWriteTokens : count(usage.cache_creation_input_tokens)
  const fresh =
    usage.input_tokens === undefined
      ? before.inputTokens - before.cachedInputTokens - before.cacheWriteTokens
      : count(usage.input_tokens)
  return {
    inputTokens: fresh + read + written,
    outputTokens: usage.output_tokens === undefined ? before.outputTokens : count(usage.output_tokens),
    cachedInputTokens: read,
    cacheWriteTokens: written,
  }
}
