import type { Usage } from './usage.js'

/** A JSON Schema, as data. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** A piece of what a user says. */
export type Part =
  | { readonly type: 'text'; readonly text: string }
  /** A picture or a document: its bytes, or where it can be fetched. */
  | { readonly type: 'file'; readonly mediaType: string; readonly data: Uint8Array | string }

/** One turn of a conversation. */
export type Message =
  | { readonly role: 'user'; readonly content: string | readonly Part[] }
  | { readonly role: 'assistant'; readonly content: string; readonly toolCalls?: readonly ToolCall[] }
  | { readonly role: 'tool'; readonly toolCallId: string; readonly toolName: string; readonly content: string }

/** A tool that the model wants called. */
export interface ToolCall {
  readonly id: string
  readonly name: string
  /** JSON. */
  readonly arguments: string
}

/** A tool as a model is told of it. */
export interface ToolSpec {
  readonly name: string
  readonly description?: string
  readonly schema: JsonSchema
}

/** What a model is asked. What is left out is left to the provider: no temperature is not temperature 0. */
export interface ModelRequest {
  readonly system?: string
  readonly messages: readonly Message[]
  /** The form of the answer: JSON that fits this schema. Default: text. */
  readonly output?: { readonly name: string; readonly schema: JsonSchema }
  readonly tools?: readonly ToolSpec[]
  readonly temperature?: number
  /** Most tokens of the answer. */
  readonly maxTokens?: number
  /** Any others, under the names that the provider has for them. */
  readonly parameters?: Readonly<Record<string, unknown>>
}

/** Why an answer ended. */
export type Finish = 'stop' | 'tool-calls' | 'length' | 'content-filter' | 'other'

/** What a model said. */
export interface Answer {
  readonly text: string
  readonly toolCalls: readonly ToolCall[]
  readonly finish: Finish
  readonly usage: Usage
  /** The model that answered, where that is another than the one that was asked. */
  readonly by?: ModelIdentity
}

/** A piece of an answer that is under way; the last one is the whole answer. */
export type AnswerPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'end'; readonly answer: Answer }

/** What tells models apart: part of the keys of what they answered. */
export interface ModelIdentity {
  /** Such as `'openai'`. */
  readonly provider: string
  /** Such as `'gpt-5-mini'`. */
  readonly name: string
  /** Where it is, if not at the provider's usual address: another server may have another model under the same name. */
  readonly endpoint?: string
}

/** What one call of a model may be given. */
export interface ModelCall {
  readonly signal?: AbortSignal
}

/** A language model: the least that a worker needs of one. */
export interface Model extends ModelIdentity {
  /** May another model answer in its place, and say so in {@link Answer.by}? Default: no. */
  readonly fallsBack?: boolean
  /** @throws ModelError, or whatever else the model's own client throws */
  generate(request: ModelRequest, call?: ModelCall): Promise<Answer>
  /** The same, piece by piece. */
  stream(request: ModelRequest, call?: ModelCall): AsyncIterable<AnswerPart>
}

/** The identity of a model, as plain data. */
export function identityOf({ provider, name, endpoint }: ModelIdentity): ModelIdentity {
  return endpoint === undefined ? { provider, name } : { provider, name, endpoint }
}
