import type { Received, Script } from '../reply.js'

/** An event of a stream: its data, and its name where the protocol gives it one. */
export interface WireEvent {
  readonly name?: string
  readonly data: unknown
}

/** How one protocol writes a reply. The forms are those that the providers document, with their field names. */
export interface Dialect {
  readonly path: RegExp
  readonly framing: 'sse' | 'lines'
  streams(received: Received): boolean
  whole(script: Script, received: Received): unknown
  events(script: Script, received: Received): WireEvent[]
  error(type: string, message: string): unknown
  /** An error inside a stream. */
  errorEvent(type: string, message: string): WireEvent
}

/** When all answers were made, in seconds since the Unix epoch. */
export const CREATED = 1_767_225_600

/** An error in OpenAI's form. */
export function openaiError(type: string, message: string): unknown {
  return { error: { message, type, param: null, code: null } }
}

/** Splits a JSON text as providers split the arguments of a tool. */
export function pieces(text: string): string[] {
  return text.match(/.{1,12}/gs) ?? []
}
