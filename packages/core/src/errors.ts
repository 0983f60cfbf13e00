/**
 * Codes of every error that Granary itself throws. Stable: switch on them, with a default branch, since more may come.
 *
 * | code | when |
 * | --- | --- |
 * | `INVALID_OPTION` | an option is unknown, missing, or out of range |
 * | `INVALID_KEY` | a key, tag or namespace that cannot be stored faithfully |
 * | `INVALID_TASK` | a task's data does not fit its schema, or cannot be part of a key |
 * | `UNDECLARED_OUTPUT` | a worker published a task of a type that it does not declare |
 * | `RUN_ENDED` | a worker published after its run had ended |
 * | `UNSUPPORTED_VALUE` | a value that cannot be kept: a function, a cycle, an instance of an unknown class |
 * | `NOTHING_STALE` | a computation said "not modified" where there was nothing stale to renew |
 * | `INVALID_ANSWER` | a model's answer did not fit what was asked of it, however often it was asked |
 * | `NOT_CACHED` | nothing is cached and the mode is `only-if-cached` |
 * | `CIRCULAR_COMPUTATION` | a computation asked for the key that it is computing |
 * | `TIMEOUT` | a computation did not settle before its deadline |
 * | `CLOSED` | the cache was used after `close()` |
 * | `CORRUPT` | bytes that are not an intact entry for this key (a store's reader turns it into a counted miss) |
 * | `UNSUPPORTED_RUNTIME` | this runtime lacks what a package needs |
 */
export type GranaryErrorCode =
  | 'INVALID_OPTION'
  | 'INVALID_KEY'
  | 'INVALID_TASK'
  | 'UNDECLARED_OUTPUT'
  | 'RUN_ENDED'
  | 'UNSUPPORTED_VALUE'
  | 'NOTHING_STALE'
  | 'INVALID_ANSWER'
  | 'NOT_CACHED'
  | 'CIRCULAR_COMPUTATION'
  | 'TIMEOUT'
  | 'CLOSED'
  | 'CORRUPT'
  | 'UNSUPPORTED_RUNTIME'

/**
 * Misuse, or an outcome that the caller asked to be told about. Errors of a computation pass through unchanged
 * and errors of a store become events: neither is ever wrapped in this class.
 */
export class GranaryError extends Error {
  override readonly name = 'GranaryError'
  readonly code: GranaryErrorCode

  constructor(code: GranaryErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}
