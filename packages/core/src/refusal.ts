/**
 * Why a store or the engine did not keep a value. More reasons may come: keep a default branch.
 *
 * | reason | what happened |
 * | --- | --- |
 * | `invalidated` | its namespace or a tag was invalidated after its computation began |
 * | `overtaken` | the key was written or deleted after its computation began, or the deadline had passed |
 * | `forgotten` | its computation began before what the store remembers of its history |
 * | `too-large` | larger than the store's limits |
 * | `unsupported-value` | it would not come back as it was |
 * | `ttl` | the computation gave it a time to live of nothing |
 * | `declined` | the user's own rule said so (`run.store = false`, or a mode) |
 * | `failed` | the store could not write it |
 * | `closed` | the cache was closed meanwhile |
 */
export type Refusal =
  | 'invalidated'
  | 'overtaken'
  | 'forgotten'
  | 'too-large'
  | 'unsupported-value'
  | 'ttl'
  | 'declined'
  | 'failed'
  | 'closed'
