import type { Task, TaskWorker } from '@granary/core'
import type { Join } from './join.js'

/** Any worker, cached or not. */
export type AnyWorker = TaskWorker<Task, Task>

/** What can be connected in a graph. */
export type Connectable = AnyWorker | Join<Task, Task, Task>

/** Tasks that a worker or join consumes. */
export type ConsumedBy<N> =
  N extends TaskWorker<infer Input, Task> ? Input : N extends Join<Task, infer Part, Task> ? Part : never

/** Tasks that a worker or join publishes. */
export type PublishedBy<N> =
  N extends TaskWorker<Task, infer Output> ? Output : N extends Join<Task, Task, infer Whole> ? Whole : never

/** Does not compile where no task that `From` publishes is one that `To` consumes. */
export type Carries<From, To> = [PublishedBy<From> & ConsumedBy<To>] extends [never]
  ? 'this consumes no task that the other publishes'
  : unknown
