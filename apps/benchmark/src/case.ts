/** One side of a comparison. */
export interface Side {
  /** Makes what the next {@link run} of so many operations needs and its time must not include. */
  ready?(operations: number): void | Promise<void>
  run(operations: number): void | Promise<void>
  /** What operation `index` comes to: the tests compare it with {@link expected}. */
  answer(index: number): unknown
  /** What it has to come to, found without either side's code. */
  expected(index: number): unknown
}

/** Two ways to do the same work, in one process. */
export interface Contest {
  readonly subject: Side
  readonly reference: Side
  /** What the subject may take besides: its time is subtracted before the ratio is formed. */
  readonly allowance?: Side
  close?(): void | Promise<void>
}

/** How the ratio is formed: of times (subject ÷ reference, lower is better) or of rates (higher is better). */
type Measure = 'time' | 'rate'

/** A row of the table. */
export interface Case {
  /** The name on the command line and in the JSON, for example `T1-namespace`; it begins with {@link target}'s. */
  readonly name: string
  /** The target that it belongs to, for example `T1`. */
  readonly id: string
  readonly what: string
  readonly subject: string
  readonly reference: string
  readonly measure: Measure
  /** `'thread'` counts the thread's own time, for work that waits for nothing: what else runs on the machine is left out. */
  readonly clock: 'thread' | 'wall'
  /** The ratio that is fast enough: at most this for times, at least this for rates. None where the row is for orientation. */
  readonly target?: number
  /** Operations that go together: runs are of multiples of it. 1 by default. */
  readonly batch?: number
  /** Operations of one run at most, where each costs memory or disk. */
  readonly most?: number
  open(): Contest | Promise<Contest>
}
