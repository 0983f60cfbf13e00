import {
  CachedTaskWorker,
  type CachedTaskWorkerOptions,
  type Clock,
  GranaryError,
  type Run,
  type RunOptions,
  systemClock,
  type Task,
  type Ttl,
  type TypeOf,
} from '@granary/core'
import { scrubbed, scrubFor } from '../cassette/scrub.js'
import { InvalidationWatch } from '../invalidation-watch.js'
import { identityOf, type JsonSchema, type Model, type ModelIdentity, type ModelRequest, type Part } from '../model.js'
import { checkPrices, PRICES, type Prices } from '../prices.js'
import type { Savings } from '../savings.js'
import { Conversation, type Exchange } from './conversation.js'
import { jsonSchemaOf } from './json-schema.js'
import { promptWith } from './prompt.js'
import { type DefinedType, type ReadAnswer, readAnswer } from './read-answer.js'
import { keyOfTool, specOf, type Tool } from './tool.js'
import { WorkerSavings } from './worker-savings.js'

export interface CachedLLMTaskWorkerOptions extends CachedTaskWorkerOptions {
  /** Whom to ask: `modelFrom({ provider: 'openai', model: 'gpt-5-mini' })`. */
  readonly model: Model
  /** US dollars for a million tokens, by model; go before the package's own table. Default: none. */
  readonly prices?: Prices
  /** Is told of every question and answer, for debugging: prompts and values, and no credential. Default: nobody is. */
  readonly onExchange?: (exchange: Exchange) => void
  /** Where the time of waits comes from. Default: the system's clock. */
  readonly clock?: Clock
}

const DEFAULT_TTL: Ttl = '1d'

/**
 * A cached worker that asks a language model. What the model answers is JSON that fits the output type; it is validated,
 * the model is told what was wrong and asked again, and only what is right and complete is stored. Everything that the
 * answer depends on is in the key: model, prompts, files, schema, tools, parameters.
 *
 * @typeParam Input tasks that it consumes
 * @typeParam Output tasks that it publishes
 * @typeParam Said what the model answers, where that is not what is published
 */
export abstract class CachedLLMTaskWorker<
  Input extends Task,
  Output extends Task,
  Said extends Task = Output,
> extends CachedTaskWorker<Input, Output> {
  /** What to do, in words for the model. It is followed by the task's data; see {@link CachedLLMTaskWorker.formatPrompt}. */
  abstract readonly prompt: string
  /** Who the model is to be. Default: nothing is said of it. */
  declare readonly systemPrompt?: string
  /** What the model is to answer, where it is not the one output type. */
  declare readonly answerType?: TypeOf<Said>
  /** Default: the provider's. */
  declare readonly temperature?: number
  /** Most tokens of an answer. Default: the provider's. */
  declare readonly maxTokens?: number
  /** Any other parameters, under the names that the provider has for them. */
  declare readonly parameters?: Readonly<Record<string, unknown>>
  /** What the model may have done. Default: nothing. */
  declare readonly tools?: readonly Tool[]
  /** Which of several answers to the same question: 0, 1, 2 … Default: 0. */
  declare readonly sample?: number
  /** Is another model's answer another answer? Default: true. */
  declare readonly includeModelInKey?: boolean
  /** Time to live of the outputs, unless `caching.ttl` says. Default: `'1d'`. */
  declare readonly cacheTtl?: Ttl
  /** How often the model may answer until its answer is right. Default: 3. */
  declare readonly attempts?: number
  /** How often a call is tried again that failed for a passing reason, such as a rate limit. Default: 2. */
  declare readonly retries?: number
  /** Most rounds of tools before an answer. Default: 8. */
  declare readonly maxSteps?: number
  readonly #model: Model
  readonly #options: CachedLLMTaskWorkerOptions
  readonly #clock: Clock
  readonly #prices: Prices
  readonly #questions = new WeakMap<Task, Question>()
  #ofWorker: WorkerSavings | undefined
  /** Who answered, while that one's key is made. */
  #answeredBy: ModelIdentity | undefined

  /** @throws GranaryError `INVALID_OPTION` */
  constructor(options: CachedLLMTaskWorkerOptions) {
    const { model, prices = {}, onExchange, clock, ...ofWorker } = options
    super(ofWorker)
    if (typeof model?.generate !== 'function')
      throw new GranaryError(
        'INVALID_OPTION',
        'an LLM worker needs a model: new Summarize({ cache, model: modelFrom({ … }) })',
      )
    this.#model = model
    this.#options = options
    this.#clock = clock ?? systemClock()
    this.#prices = { ...PRICES, ...checkPrices(prices) }
  }

  /** What the model is shown of a task: plain data, in which bytes become files. Called once for a task. Default: its data. */
  preProcess(task: Input): unknown {
    return { ...task }
  }

  /**
   * What the model is asked about a task. Called once for a task. Default: {@link CachedLLMTaskWorker.prompt}, and what
   * {@link CachedLLMTaskWorker.preProcess} gives as JSON.
   */
  formatPrompt(task: Input): string | readonly Part[] {
    return promptWith(this.prompt, this.preProcess(task))
  }

  /** Says what is wrong with an answer that fits its schema, in words for the model; `undefined` if nothing is. */
  extraValidation(_answer: Said, _task: Input): string | undefined | Promise<string | undefined> {
    return undefined
  }

  /** Makes what is published of an answer. Default: the answer itself. */
  postProcess(answer: Said, _task: Input): Output | readonly Output[] | Promise<Output | readonly Output[]> {
    return answer as Task as Output
  }

  /** The JSON Schema that the answer is to fit. Default: of the answer's type, by its schema library. */
  answerSchema(): JsonSchema {
    return jsonSchemaOf(this.#answerType.schema, `worker ${this.name}`)
  }

  /** What was spent and saved by this worker in this process, in tokens and US dollars, by model. */
  savings(): Promise<Savings> {
    return this.#savings.snapshot()
  }

  override getTtl(_task: Input, _outputs: readonly Output[]): Ttl | undefined {
    return this.#options.caching?.ttl ?? this.caching.ttl ?? this.cacheTtl ?? DEFAULT_TTL
  }

  protected override inheritedCacheKey(task: Input): readonly unknown[] {
    const { request, tools, sample, model } = this.#question(task)
    return [{ ...request, tools: tools.map(keyOfTool), sample, model: this.#answeredBy ?? model }]
  }

  override run(task: Input, options: RunOptions = {}): Promise<readonly Output[]> {
    return this.#savings.attend(
      task,
      () => super.run(task, options),
      () => this.key(task),
    )
  }

  async consumeWork(task: Input, run: Run<Output>): Promise<void> {
    this.#savings.asks(task)
    const { request, tools } = this.#question(task)
    const conversation = new Conversation({
      worker: this.name,
      model: this.#model,
      request: tools.length === 0 ? request : { ...request, tools: tools.map(specOf) },
      tools,
      attempts: this.attempts ?? 3,
      retries: this.retries ?? 2,
      maxSteps: this.maxSteps ?? 8,
      clock: this.#clock,
      prices: this.#prices,
      signal: run.signal,
      read: (text) => this.#read(text, task),
      onExchange: this.#options.onExchange && withoutSecrets(this.#options.onExchange),
    })
    const watch = this.#model.fallsBack ? new InvalidationWatch(this.cache) : undefined
    try {
      const { output, unstorable, by } = await conversation.conclude()
      const outputs = [await this.postProcess(output, task)].flat() as Output[]
      if (unstorable !== undefined) this.#savings.refused(unstorable)
      const isOther = this.#isInKey && !isSame(by, this.#model)
      const store = unstorable === undefined && !isOther
      for (const each of outputs) run.publishWork(each, { store })
      if (unstorable === undefined && isOther && watch?.isOvertaken === false) await this.#saveAs(by, task, outputs)
      if (store) this.#savings.note(this.key(task), conversation.usage, this.getTtl(task, outputs) ?? DEFAULT_TTL)
    } catch (error) {
      if (error instanceof GranaryError && error.code === 'INVALID_ANSWER') this.#savings.refused('invalid')
      throw error
    } finally {
      watch?.end()
      run.cost = conversation.cost
      this.#savings.spent(conversation.usage, conversation.cost)
    }
  }

  /** Stores outputs under the key of the model that gave them. */
  async #saveAs(by: ModelIdentity, task: Input, outputs: readonly Output[]): Promise<void> {
    this.#answeredBy = by
    // The key is made before it waits for anything.
    const saving = super.saveToCache(task, outputs)
    this.#answeredBy = undefined
    await saving
  }

  /** What is asked about a task: made once, for its key and its question. */
  #question(task: Input): Question {
    const known = this.#questions.get(task)
    if (known !== undefined) return known
    const { systemPrompt: system, temperature, maxTokens, parameters, tools = [], sample = 0 } = this
    const request: ModelRequest = {
      ...(system === undefined ? {} : { system }),
      messages: [{ role: 'user', content: this.formatPrompt(task) }],
      output: { name: this.#answerType.type.replace(/[^\w-]/g, '_').slice(0, 64), schema: this.answerSchema() },
      ...(temperature === undefined ? {} : { temperature }),
      ...(maxTokens === undefined ? {} : { maxTokens }),
      ...(parameters === undefined ? {} : { parameters }),
    }
    const model = this.#isInKey ? identityOf(this.#model) : undefined
    const question = { request, tools, sample, model }
    this.#questions.set(task, question)
    return question
  }

  async #read(text: string, task: Input): Promise<ReadAnswer<Said>> {
    const read = await readAnswer(text, this.#answerType)
    const problem = 'output' in read ? await this.extraValidation(read.output, task) : undefined
    return problem === undefined ? read : { problem }
  }

  get #isInKey(): boolean {
    return this.includeModelInKey ?? true
  }

  /** @throws GranaryError `INVALID_OPTION` if it is not clear what the model is to answer */
  get #answerType(): DefinedType<Said> {
    const [first, second] = this.outputTypes as readonly unknown[]
    const type = (this.answerType ?? (second === undefined ? first : undefined)) as DefinedType<Said> | undefined
    if (type?.schema !== undefined) return type
    throw new GranaryError(
      'INVALID_OPTION',
      `worker ${this.name} needs an answerType: what the model answers, as made by defineTask()`,
    )
  }

  /** Made late: the name of a subclass is not set while this class's constructor runs. */
  get #savings(): WorkerSavings {
    this.#ofWorker ??= new WorkerSavings(this.#options.cache, this.name, this.#model.name, this.#prices)
    return this.#ofWorker
  }
}

/** A listener that is told of no credentials, and cannot break a run. */
function withoutSecrets(listener: (exchange: Exchange) => void): (exchange: Exchange) => void {
  const scrub = scrubFor(new Headers(), [])
  return (exchange) => {
    try {
      listener(scrubbed(exchange, scrub) as Exchange)
    } catch {
      // It is for debugging only.
    }
  }
}

/** What is asked about one task. */
interface Question {
  readonly request: ModelRequest
  readonly tools: readonly Tool[]
  readonly sample: number
  readonly model: ModelIdentity | undefined
}

function isSame(a: ModelIdentity, b: ModelIdentity): boolean {
  return a.provider === b.provider && a.name === b.name && a.endpoint === b.endpoint
}
