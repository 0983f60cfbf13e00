import assert from 'node:assert/strict'
import { type Awaitable, type Clock, type Store, systemClock } from '@granary/core'
import type { Runner } from '../runner.js'
import { agreement } from './agreement.js'
import { basics } from './basics.js'
import { batches } from './batches.js'
import { type Case, type Group, IS_MET, type Need, type Subject } from './case.js'
import { durability } from './durability.js'
import { history } from './history.js'
import { keys } from './keys.js'
import { marks } from './marks.js'
import { metadata } from './metadata.js'
import { order } from './order.js'
import { upkeep } from './upkeep.js'
import { values } from './values.js'

/** What {@link storeSuite} is told of the store that it checks. */
export interface StoreSuiteOptions {
  /** Opens a new, empty store for each case. The suite closes it. */
  create(): Awaitable<Store<unknown>>
  /** Closes a store and opens again what it wrote: with it, durability is checked. */
  reopen?(store: Store<unknown>): Awaitable<Store<unknown>>
  /** Opens another store over what this one writes, while it is open, as another process would: with it, feed and lease are checked. */
  beside?(store: Store<unknown>): Awaitable<Store<unknown>>
  /** Damages what the store wrote for a key: with it, a damaged entry is checked to be a miss that `observe` tells of. */
  corrupt?(store: Store<unknown>, key: string): Awaitable<void>
  /** Value that the store refuses, one that is too large for example; a function by default. */
  readonly unstorable?: unknown
  /** Capabilities that the store must offer. Without it, cases about those that it lacks pass. */
  readonly offers?: readonly (keyof Store)[]
  /** The clock by which the store judges what has expired; the system's by default. */
  readonly clock?: Pick<Clock, 'now'>
}

const GROUPS: readonly Group[] = [
  basics,
  metadata,
  values,
  keys,
  order,
  batches,
  history,
  marks,
  agreement,
  upkeep,
  durability,
]

/**
 * Checks every rule of the contract of a store, each in a case of its own that names the rule. Cases about a capability
 * that the store does not offer pass: say in `offers` which ones it must.
 *
 * @param name of the store, for the titles
 */
export function storeSuite({ describe, it }: Runner, name: string, options: StoreSuiteOptions): void {
  describe(`${name}: the contract of a store`, () => {
    for (const capability of options.offers ?? [])
      it(`offers ${capability}`, () =>
        withSubject(options, async ({ store }) => assert.ok(store[capability], `there is no ${capability}`)))
    for (const group of GROUPS)
      describe(titled(group.name, group.needs), () => {
        for (const one of group.cases) it(titled(one.rule, one.needs), () => run(options, group, one))
      })
  })
}

function titled(name: string, needs: readonly Need[] = []): string {
  return needs.length === 0 ? name : `${name} (if ${needs.join(', ')})`
}

async function run(options: StoreSuiteOptions, group: Group, { needs = [], check }: Case): Promise<void> {
  await withSubject(options, async (subject) => {
    if ([...(group.needs ?? []), ...needs].every((need) => IS_MET[need](subject))) await check(subject)
  })
}

/** Opens a store, works on it, and closes it and whatever was opened of it again. */
async function withSubject(options: StoreSuiteOptions, work: (subject: Subject) => Promise<void>): Promise<void> {
  const { clock = systemClock(), unstorable = () => undefined, corrupt } = options
  const opened = [await options.create()]
  const reopen = async (store: Store<unknown>) => {
    const again = (await options.reopen?.(store)) ?? store
    opened.push(again)
    return again
  }
  const beside = async (store: Store<unknown>) => {
    const another = (await options.beside?.(store)) ?? store
    opened.push(another)
    return another
  }
  const [store] = opened as [Store<unknown>]
  try {
    await work({
      store,
      clock,
      unstorable,
      corrupt,
      reopen: options.reopen && reopen,
      beside: options.beside && beside,
    })
  } finally {
    for (const one of opened.reverse()) await one.close?.()
  }
}
