import type { Task, TypeOf } from '@granary/core'
import type { Delivery } from './delivery.js'
import type { Join } from './join.js'
import type { CheckedPolicy } from './policy.js'

/** What takes deliveries in a graph. */
export type Node = WorkNode | JoinNode

interface Connected {
  /** Its own in the graph. */
  readonly name: string
  readonly accepts: readonly TypeOf<Task>[]
  readonly publishes: readonly TypeOf<Task>[]
}

/** A worker or a sink: does something with each delivery, when it is its turn. */
export interface WorkNode extends Connected {
  readonly policy: CheckedPolicy
  work(delivery: Delivery, signal: AbortSignal): Promise<readonly Task[]>
}

/** Gathers deliveries, and publishes when all are there. */
export interface JoinNode extends Connected {
  readonly join: Join<Task, Task, Task>
}

export function isJoin(node: Node): node is JoinNode {
  return 'join' in node
}
