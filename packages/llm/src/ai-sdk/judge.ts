import { count, isFilled, type Loose, list, loose, parseJson, text } from '../json.js'
import type { Unstorable, Verdict } from '../protocol.js'
import type { Usage } from '../usage.js'

/** Usage as the AI SDK counts it: in its version 3 and later by kind, before that as plain numbers. */
export function usageOf(usage: Loose): Usage {
  const input = loose(usage.inputTokens)
  const output = loose(usage.outputTokens)
  return {
    inputTokens: count(input.total ?? usage.inputTokens),
    outputTokens: count(output.total ?? usage.outputTokens),
    cachedInputTokens: count(input.cacheRead ?? usage.cachedInputTokens),
    cacheWriteTokens: count(input.cacheWrite),
  }
}

/** The finish reason in the AI SDK's own words. */
export function finishOf(reason: unknown): string {
  return text(reason) ?? text(loose(reason).unified) ?? 'other'
}

const REASONS: Readonly<Record<string, Unstorable | undefined>> = {
  stop: undefined,
  'tool-calls': undefined,
  length: 'truncated',
  'content-filter': 'filtered',
  error: 'error',
}
/** Content that leads to an answer, and is none by itself. */
const BEFORE_THE_ANSWER = ['reasoning', 'source', 'response-metadata', 'stream-start', 'raw']

/** What is known of an answer, whole or in parts. */
export class AnswerJudge {
  #text = ''
  #says = false
  #failed = false
  #finish: Loose | undefined
  #model: string | undefined
  readonly #wantsJson: boolean

  constructor(params: Loose) {
    this.#wantsJson = loose(params.responseFormat).type === 'json'
  }

  whole(result: Loose): void {
    for (const part of list(result.content)) this.#content(loose(part))
    this.#model = text(loose(result.response).modelId)
    this.#finish = result
  }

  /** Takes the next part of a stream; true if it is the last that counts. */
  part(part: Loose): boolean {
    const type = text(part.type) ?? ''
    if (type === 'error') this.#failed = true
    else if (type === 'text-delta') this.#content({ type: 'text', text: part.delta })
    else if (type === 'response-metadata') this.#model = text(part.modelId) ?? this.#model
    else if (type === 'tool-call' || type === 'file') this.#content(part)
    else if (type === 'finish') this.#finish = part
    return type === 'finish'
  }

  verdict(): Verdict {
    const usage = usageOf(loose(this.#finish?.usage))
    return { unstorable: this.#unstorable(), usage, model: this.#model, texts: [this.#text] }
  }

  #content(part: Loose): void {
    const type = text(part.type) ?? ''
    if (type === 'text') {
      this.#text += text(part.text) ?? ''
      this.#says ||= isFilled(part.text)
    } else if (!BEFORE_THE_ANSWER.includes(type)) this.#says = true
  }

  #unstorable(): Unstorable | undefined {
    if (this.#failed) return 'error'
    if (this.#finish === undefined) return 'incomplete'
    const finish = finishOf(this.#finish.finishReason)
    const reason = finish in REASONS ? REASONS[finish] : 'unfinished'
    if (reason !== undefined) return reason
    if (!this.#says) return 'empty'
    const isText = finish === 'stop' && this.#text !== ''
    return this.#wantsJson && isText && parseJson(this.#text) === undefined ? 'invalid' : undefined
  }
}
