import type { Entry, SetOutcome } from '@granary/core'
import type { EntryWriter, Row } from './entry-writer.js'
import type { AwaitedWrite } from './write-queue.js'

/** What every {@link SetWrite} of a store needs. */
export interface SetContext {
  writer(): EntryWriter
  clock(): number
  /** Tells of a failure; the outcome that stands for it. */
  failed(error: unknown, key: string): SetOutcome
}

/** An entry that waits to be written. A class: a thousand of them at once cost much less than as many closures. */
export class SetWrite implements AwaitedWrite<SetOutcome>, Row {
  readonly atomic = true
  readonly hash: number
  readonly key: string
  readonly entry: Entry<Uint8Array>
  readonly size: number
  readonly #since: number | undefined
  readonly #context: SetContext

  constructor(
    context: SetContext,
    hash: number,
    key: string,
    entry: Entry<Uint8Array>,
    size: number,
    since: number | undefined,
  ) {
    this.hash = hash
    this.key = key
    this.entry = entry
    this.size = size
    this.#since = since
    this.#context = context
  }

  get changes(): number {
    return this.hash
  }

  get bytes(): number {
    return this.size
  }

  apply(): SetOutcome {
    const writer = this.#context.writer()
    const used = Math.round(this.#context.clock())
    return this.#since === undefined ? writer.put(this, used) : writer.putComputed(this, used, this.#since)
  }

  onFailure(error: unknown): SetOutcome {
    return this.#context.failed(error, this.key)
  }
}
