import { createCache } from '@granary/core'
import { memory } from '@granary/memory'
import type { Case, Side } from '../case.js'

const CALLERS = 10_000
let keys = 0

/** Callers that come at once for a key that nobody has: each with a promise of its own, and here a signal of its own. */
function stampede(): Side {
  const cache = createCache({ layers: [memory()], ttl: '1h' })
  let signals: AbortSignal[] = []
  const rush = async (key: string, callers: number): Promise<{ computed: number; sum: number }> => {
    let computed = 0
    const compute = async () => {
      computed++
      await Promise.resolve()
      return 1
    }
    const values = Array.from({ length: callers }, (_, i) =>
      cache.getOrCompute(key, compute, { signal: signals[i] as AbortSignal }),
    )
    const sum = (await Promise.all(values)).reduce((total, value) => total + value, 0)
    return { computed, sum }
  }
  const prepare = () => {
    signals = Array.from({ length: CALLERS }, () => new AbortController().signal)
  }
  return {
    ready: prepare,
    async run(operations) {
      for (let done = 0; done < operations; done += CALLERS) {
        const { computed, sum } = await rush(`cold:${keys++}`, CALLERS)
        if (computed !== 1 || sum !== CALLERS) throw new Error(`${computed} computations for ${CALLERS} callers`)
      }
    },
    async answer() {
      prepare()
      return rush(`cold:${keys++}`, 100)
    },
    expected: () => ({ computed: 1, sum: 100 }),
  }
}

/** What it costs to have as many promises of one result, and nothing else. */
function shared(): Side {
  const rush = async (callers: number) => {
    const one = Promise.resolve().then(() => 1)
    const values = Array.from({ length: callers }, () => one.then((value) => value))
    const sum = (await Promise.all(values)).reduce((total, value) => total + value, 0)
    return { computed: 1, sum }
  }
  return {
    async run(operations) {
      for (let done = 0; done < operations; done += CALLERS) await rush(CALLERS)
    },
    answer: () => rush(100),
    expected: () => ({ computed: 1, sum: 100 }),
  }
}

export const stampedes: readonly Case[] = [
  {
    name: 'T6-stampede',
    id: 'T6',
    what: 'cold key, 10,000 callers at once, a signal each (target: 1 µs over the reference)',
    subject: 'getOrCompute(key, compute, { signal })',
    reference: 'promise.then() of one promise',
    measure: 'time',
    clock: 'thread',
    batch: CALLERS,
    most: 200_000,
    open: () => ({ subject: stampede(), reference: shared() }),
  },
]
