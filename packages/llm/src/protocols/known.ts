import type { Protocol } from '../protocol.js'
import { chatCompletions } from './chat-completions.js'
import { embeddings, ollamaEmbeddings } from './embeddings.js'
import { messages } from './messages.js'
import { ollama } from './ollama.js'
import { responses } from './responses.js'

/** A protocol is a row here. */
const PROTOCOLS: readonly Protocol[] = [chatCompletions, messages, responses, embeddings, ollama, ollamaEmbeddings]

/** The protocol of a path; `undefined` for one that is none of a model's: its traffic is left alone. */
export function protocolOf(path: string): Protocol | undefined {
  return PROTOCOLS.find((protocol) => protocol.matches(path))
}
