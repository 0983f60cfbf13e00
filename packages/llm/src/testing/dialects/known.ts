import { chat } from './chat-completions.js'
import type { Dialect } from './dialect.js'
import { embeddings, ollamaEmbeddings } from './embeddings.js'
import { messages } from './messages.js'
import { ollamaChat } from './ollama.js'
import { responses } from './responses.js'

/** A dialect is a row here. */
export const DIALECTS: readonly Dialect[] = [chat, messages, responses, embeddings, ollamaChat, ollamaEmbeddings]
