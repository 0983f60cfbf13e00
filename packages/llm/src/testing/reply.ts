/** What the server answers to one request, in whatever protocol it was asked. All of it may be left out. */
export interface Reply {
  /** The answer's text. Default: one that names how many requests there were, so that no two are alike. */
  readonly text?: string
  /** What the model thinks first, where the protocol shows that. */
  readonly reasoning?: string
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: object }[]
  /** Why it ended. Default: `'stop'`, or `'tool-calls'` where there are any. */
  readonly finish?: 'stop' | 'tool-calls' | 'length' | 'content-filter' | 'refusal' | 'pause'
  /** The model that answers. Default: the one that was asked. */
  readonly model?: string
  readonly usage?: { readonly input: number; readonly output: number; readonly cached?: number }
  /** Default: 200. Any other answers with `error`, in the protocol's form. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly error?: { readonly type: string; readonly message: string }
  /** Vectors for embeddings. Default: made from the inputs, the same for the same input. */
  readonly vectors?: readonly (readonly number[])[]
  /** After how many events of a stream something goes wrong, and what: an error inside it, a cut connection, an end without the terminal event. */
  readonly broken?: { readonly after: number; readonly by: 'error' | 'cut' | 'end' }
  /** Called, and waited for, before each event of a stream: what makes it slow, or stops it. */
  readonly before?: (event: number) => Promise<void> | void
  /** Leaves the body of a stream open after its last event, as some gateways do. */
  readonly endless?: boolean
  /** The body, word for word, in the place of all the above. */
  readonly body?: string
}

/** A request as the server saw it. */
export interface Received {
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  // biome-ignore lint/suspicious/noExplicitAny: whatever the client under test has sent, for a test to look into
  readonly body: any
  /** Which request it was, from 1. */
  readonly number: number
}

/** A reply with everything that was left out. */
export interface Script {
  readonly text: string
  readonly reasoning: string | undefined
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[]
  readonly finish: NonNullable<Reply['finish']>
  readonly model: string
  readonly usage: { readonly input: number; readonly output: number; readonly cached: number }
  readonly vectors: Reply['vectors']
  /** Identifies the answer, as providers do. */
  readonly id: string
}

export function scriptOf(reply: Reply, { body, number }: Received): Script {
  const toolCalls = (reply.toolCalls ?? []).map(({ name, arguments: given }, i) => ({
    id: `call_${number}_${i}`,
    name,
    arguments: JSON.stringify(given),
  }))
  return {
    text: reply.text ?? (toolCalls.length > 0 ? '' : `This is answer ${number}, word by word.`),
    reasoning: reply.reasoning,
    toolCalls,
    finish: reply.finish ?? (toolCalls.length > 0 ? 'tool-calls' : 'stop'),
    model: reply.model ?? String(body?.model ?? 'unknown'),
    usage: { cached: 0, ...(reply.usage ?? { input: 20, output: 10 }) },
    vectors: reply.vectors,
    id: `${number}`.padStart(8, '0'),
  }
}

/** A text in pieces as a model gives it: word by word. */
export function words(text: string): string[] {
  return text.match(/\S+\s*|\s+/g) ?? []
}
