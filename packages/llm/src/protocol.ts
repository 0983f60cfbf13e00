import type { Usage } from './usage.js'

/**
 * Why an answer is given to its callers and not stored.
 *
 * | reason | when |
 * | --- | --- |
 * | `status` | the status is not 200 |
 * | `error` | an error inside a stream that began with status 200, or an answer that cannot be read |
 * | `incomplete` | it ended before the provider said that it is complete |
 * | `truncated` | the limit of tokens was reached |
 * | `filtered` | a content filter or a refusal ended it |
 * | `unfinished` | it ended for any other reason than having been said, such as a pause |
 * | `empty` | there is nothing in it |
 * | `invalid` | it does not fit the output schema, or the worker's own validation |
 */
export type Unstorable =
  | 'status'
  | 'error'
  | 'incomplete'
  | 'truncated'
  | 'filtered'
  | 'unfinished'
  | 'empty'
  | 'invalid'

/** What is known of an answer once it has been read. */
export interface Verdict {
  /** Why it is not to be stored; `undefined` if it is. */
  readonly unstorable: Unstorable | undefined
  readonly usage: Usage
  /** The model that answered, as the provider names it. */
  readonly model: string | undefined
  /** What it said, each choice on its own; none where it asked for a tool. */
  readonly texts: readonly string[]
}

/** Reads one answer of a provider, to tell whether it is complete and of use. */
export interface AnswerReader {
  /** Takes a whole answer. */
  whole(json: unknown): void
  /** Takes the data of the next event of a stream; true if it is the terminal one: the end of the answer, or an error. */
  event(data: string): boolean
  verdict(): Verdict
}

/** One way of speaking with models over HTTP. */
export interface Protocol {
  readonly name: string
  /** Is this the path of one of its endpoints? */
  matches(path: string): boolean
  /** Top-level properties of the request that do not change the answer. */
  readonly ignored: readonly string[]
  /** Does the answer depend on a state that the provider keeps, so that the same request is another question the next time? */
  dependsOnState?(body: Readonly<Record<string, unknown>>): boolean
  reader(): AnswerReader
  /** How requests hold many inputs whose answers are independent; `undefined` where an answer is one. */
  readonly batch?: BatchForm
}

/** How embeddings are asked for and given. */
export interface BatchForm {
  /** The inputs of a request, each on its own. */
  inputs(body: Readonly<Record<string, unknown>>): readonly unknown[]
  /** The same request for other inputs. */
  withInputs(body: Readonly<Record<string, unknown>>, inputs: readonly unknown[]): Record<string, unknown>
  /** The request's properties that all inputs share. */
  shared(body: Readonly<Record<string, unknown>>): Record<string, unknown>
  /** The vectors of an answer, in the order of the inputs; `undefined` if it has not one for each. */
  vectors(answer: unknown, count: number): readonly Vector[] | undefined
  /** An answer with these vectors, in the form that the request asked for. */
  answer(body: Readonly<Record<string, unknown>>, vectors: readonly Vector[], model: string, usage: Usage): unknown
}

/** An embedding: with the precision in which the provider gave it. */
export type Vector = Float32Array | readonly number[]
