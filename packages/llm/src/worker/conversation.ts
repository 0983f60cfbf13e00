import { type Clock, GranaryError } from '@granary/core'
import { type Answer, identityOf, type Message, type Model, type ModelIdentity, type ModelRequest } from '../model.js'
import { retryDelay } from '../model-error.js'
import { costOf, type Prices } from '../prices.js'
import type { Unstorable } from '../protocol.js'
import { until } from '../replay.js'
import { addUsage, NO_USAGE, type Usage } from '../usage.js'
import type { ReadAnswer } from './read-answer.js'
import { runTool, type Tool } from './tool.js'

/** One question to a model and what came of it: what debug output is told of. Without credentials. */
export interface Exchange {
  readonly worker: string
  /** From 1. */
  readonly attempt: number
  readonly system: string | undefined
  readonly messages: readonly Message[]
  readonly answer: Answer
  /** What was wrong with the answer; `undefined` if nothing was. */
  readonly problem: string | undefined
}

export interface ConversationOptions<Output> {
  readonly worker: string
  readonly model: Model
  readonly request: ModelRequest
  readonly tools: readonly Tool[]
  /** How often the model may answer until it is right. */
  readonly attempts: number
  /** How often a call is tried again that failed for a passing reason. */
  readonly retries: number
  /** Most rounds of tools before an answer. */
  readonly maxSteps: number
  readonly clock: Clock
  readonly prices: Prices
  readonly signal: AbortSignal
  /** Makes the output of an answer, or says what is wrong with it, in words for the model. */
  readonly read: (text: string) => Promise<ReadAnswer<Output>>
  readonly onExchange: ((exchange: Exchange) => void) | undefined
}

/** What a conversation came to. */
export interface Concluded<Output> {
  readonly output: Output
  /** Why it is not to be stored, if it is not. */
  readonly unstorable: Unstorable | undefined
  readonly by: ModelIdentity
}

/** A conversation with a model until its answer is right: tools, retries, and what was wrong. Adds up what it cost. */
export class Conversation<Output> {
  usage: Usage = NO_USAGE
  cost = 0
  readonly #options: ConversationOptions<Output>
  #messages: readonly Message[]

  constructor(options: ConversationOptions<Output>) {
    this.#options = options
    this.#messages = options.request.messages
  }

  /** @throws GranaryError `INVALID_ANSWER` after the last attempt; the model's own error */
  async conclude(): Promise<Concluded<Output>> {
    const { worker, model, attempts, read, onExchange, request } = this.#options
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#answer()
      const result = await read(answer.text)
      const problem = 'problem' in result ? result.problem : undefined
      onExchange?.({ worker, attempt, system: request.system, messages: this.#messages, answer, problem })
      if ('output' in result) {
        const { by = identityOf(model) } = answer
        return { output: result.output, unstorable: UNSTORABLE[answer.finish], by }
      }
      if (attempt >= attempts) throw this.#failed(attempt, answer)
      this.#messages = [
        ...this.#messages,
        { role: 'assistant', content: answer.text || '(nothing)' },
        { role: 'user', content: `That answer cannot be used: ${result.problem}\nAnswer again, in full.` },
      ]
    }
  }

  /** The next answer that asks for no tool. */
  async #answer(): Promise<Answer> {
    const { tools, maxSteps, worker, signal } = this.#options
    for (let step = 0; ; step++) {
      const answer = await this.#ask()
      if (answer.finish !== 'tool-calls' || answer.toolCalls.length === 0) return answer
      if (step >= maxSteps)
        throw new GranaryError(
          'INVALID_ANSWER',
          `worker ${worker}: the model asked for tools ${maxSteps} times over: raise maxSteps if it needs more`,
        )
      const { text: content, toolCalls } = answer
      const results = await Promise.all(
        toolCalls.map(async ({ id, name, arguments: json }): Promise<Message> => {
          return { role: 'tool', toolCallId: id, toolName: name, content: await runTool(tools, name, json, signal) }
        }),
      )
      this.#messages = [...this.#messages, { role: 'assistant', content, toolCalls }, ...results]
    }
  }

  /** Asks once, and again after a passing failure: as late as the provider asks for, if it does. */
  async #ask(): Promise<Answer> {
    const { model, request, retries, clock, prices, signal } = this.#options
    for (let tries = 1; ; tries++) {
      try {
        const answer = await model.generate({ ...request, messages: this.#messages }, { signal })
        this.usage = addUsage(this.usage, answer.usage)
        this.cost += costOf(answer.usage, (answer.by ?? model).name, prices)
        return answer
      } catch (error) {
        const delay = tries > retries || signal.aborted ? undefined : retryDelay(error, tries)
        if (delay === undefined) throw error
        await until(clock.now() + delay, clock, signal)
      }
    }
  }

  /** Says where the answer was wrong, and not what it was. */
  #failed(attempts: number, { finish }: Answer): GranaryError {
    const reason =
      finish === 'length'
        ? ' (it was cut off: raise maxTokens)'
        : finish === 'content-filter'
          ? ' (it was filtered)'
          : ''
    const { worker } = this.#options
    return new GranaryError(
      'INVALID_ANSWER',
      `worker ${worker}: the model's answer did not fit in ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}${reason}; onExchange shows what it said`,
    )
  }
}

/** Answers that may be of use, and may not be kept. */
const UNSTORABLE: Readonly<Record<Answer['finish'], Unstorable | undefined>> = {
  stop: undefined,
  'tool-calls': undefined,
  length: 'truncated',
  'content-filter': 'filtered',
  other: 'unfinished',
}
