import type { Awaitable, Codec } from '@granary/core'
import type { Runner } from '../runner.js'
import { damage } from './damage.js'
import { refusals } from './refusals.js'
import { roundTrip } from './round-trip.js'

/** What {@link codecSuite} is told of the codec that it checks. */
export interface CodecSuiteOptions {
  /** Makes the codec, once for each case. */
  create(): Awaitable<Codec>
}

/**
 * Checks every rule of the contract of a codec, each in a case of its own that names the rule.
 *
 * @param name of the codec, for the titles
 */
export function codecSuite({ describe, it }: Runner, name: string, { create }: CodecSuiteOptions): void {
  describe(`${name}: the contract of a codec`, () => {
    for (const [group, cases] of Object.entries({ 'round trips': roundTrip, refusals, damage }))
      describe(group, () => {
        for (const { rule, check } of cases) it(rule, async () => check(await create()))
      })
  })
}
