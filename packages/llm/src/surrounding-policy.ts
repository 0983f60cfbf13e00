import { AsyncLocalStorage } from 'node:async_hooks'
import { type CallPolicy, checkPolicy } from './call-policy.js'

/**
 * Policies that hold for all calls that a piece of code makes, however deep in an SDK. Async context is switched on by the
 * first use: on Node 22 it slows down every await of the process, and who does not use it does not pay.
 */
export class SurroundingPolicy {
  #storage: AsyncLocalStorage<CallPolicy> | undefined

  /** Runs a function whose calls, and those of what it calls, have this policy; an inner one goes before an outer one. */
  with<T>(policy: CallPolicy, fn: () => T): T {
    this.#storage ??= new AsyncLocalStorage()
    return this.#storage.run({ ...this.current, ...checkPolicy(policy) }, fn)
  }

  get current(): CallPolicy | undefined {
    return this.#storage?.getStore()
  }
}
