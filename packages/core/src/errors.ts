/**
 * Codes of every error that Granary itself throws. Stable: switch on them, with a default branch, since more may come.
 *
 * | code | when |
 * | --- | --- |
 * | `INVALID_OPTION` | an option is unknown, missing, or out of range |
 * | `INVALID_KEY` | a key, tag or namespace that cannot be stored faithfully |
 * | `INVALID_VALUE` | what was computed does not fit its schema |
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
 * | `INVALID_GRAPH` | workers are connected so that tasks would be lost, never come, or wait for each other |
 * | `TOO_DEEP` | a task came through more workers in a row than its graph allows: an endless loop, as a rule |
 * | `UNSUPPORTED_RUNTIME` | this runtime lacks what a package needs |
 */
export type GranaryErrorCode =
  | 'INVALID_OPTION'
  | 'INVALID_KEY'
  | 'INVALID_VALUE'
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
  | 'INVALID_GRAPH'
  | 'TOO_DEEP'
  | 'UNSUPPORTED_RUNTIME'

/**
 * Why bytes were refused with `CORRUPT`. More reasons may come: keep a default branch. Those from `unsealed` on are of a seal,
 * and what they say was verified, but for `forged`, where nothing can be.
 *
 * | reason | what happened |
 * | --- | --- |
 * | `damaged` | the checksum does not match, or the parts do not add up |
 * | `truncated` | there are fewer bytes than they themselves say |
 * | `unknown-format` | another version, or a content or stage that is not configured here |
 * | `undecodable` | intact, but not what the codec makes of a value |
 * | `too-large` | more than it says, or than is allowed, would come of decompressing it |
 * | `moved` | made for another key of the same namespace |
 * | `foreign-namespace` | made for a key of another namespace |
 * | `unsealed` | the seal, or another required stage, is missing |
 * | `unknown-key` | sealed with a key that is not listed here |
 * | `aged` | its times are not those that it was sealed with |
 * | `retagged` | its tags are not those that it was sealed with |
 * | `forged` | the seal does not match |
 */
export type CorruptReason =
  | 'damaged'
  | 'truncated'
  | 'unknown-format'
  | 'undecodable'
  | 'too-large'
  | 'moved'
  | 'foreign-namespace'
  | 'unsealed'
  | 'unknown-key'
  | 'aged'
  | 'retagged'
  | 'forged'

/**
 * Misuse, or an outcome that the caller asked to be told about. Errors of a computation pass through unchanged
 * and errors of a store become events: neither is ever wrapped in this class.
 */
export class GranaryError extends Error {
  override readonly name = 'GranaryError'
  readonly code: GranaryErrorCode
  /** Of `CORRUPT`: why the bytes were refused, where that is known. */
  readonly reason: CorruptReason | undefined

  constructor(code: GranaryErrorCode, message: string, options?: { cause?: unknown; reason?: CorruptReason }) {
    super(message, options)
    this.code = code
    this.reason = options?.reason
  }
}
