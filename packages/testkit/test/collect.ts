import type { Runner } from '../src/runner.js'

/** Runs a suite without a test runner: the titles of its cases, each with what it failed with. */
export async function collect(suite: (runner: Runner) => void): Promise<Map<string, unknown>> {
  const path: string[] = []
  const tests: [string, () => Promise<void>][] = []
  suite({
    describe(name, body) {
      path.push(name)
      body()
      path.pop()
    },
    it: (name, test) => tests.push([[...path.slice(1), name].join(' > '), test]),
  })
  const outcomes = new Map<string, unknown>()
  for (const [title, test] of tests) outcomes.set(title, await outcomeOf(test))
  return outcomes
}

async function outcomeOf(test: () => Promise<void>): Promise<unknown> {
  try {
    await test()
    return undefined
  } catch (error) {
    return error
  }
}

/** The titles of the cases that failed. */
export function failed(outcomes: Map<string, unknown>): string[] {
  return [...outcomes].filter(([, error]) => error !== undefined).map(([title]) => title)
}
