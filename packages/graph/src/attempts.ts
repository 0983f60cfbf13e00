import pRetry from 'p-retry'
import type { Retries } from './policy.js'

/**
 * Does work until it succeeds or its policy gives up, and gives what was thrown last, unchanged.
 *
 * @param again called before each delay
 */
export async function attempts<T>(
  work: (attempt: number) => Promise<T>,
  policy: Retries | undefined,
  signal: AbortSignal,
  again: (attempt: number, error: unknown) => void,
): Promise<T> {
  if (policy === undefined || policy.retries === 0) return work(1)
  let thrown: unknown
  const attempt = async (number: number) => {
    try {
      return await work(number)
    } catch (error) {
      thrown = error
      // p-retry takes what is no Error for a fault in code.
      throw error instanceof Error ? error : new Error('a worker threw what is no Error', { cause: error })
    }
  }
  const { retries, minDelay, maxDelay, factor } = policy
  const shouldRetry = ({ attemptNumber }: { attemptNumber: number }) => {
    if (!policy.when(thrown)) return false
    again(attemptNumber, thrown)
    return true
  }
  const options = { retries, minTimeout: minDelay, maxTimeout: maxDelay, factor, randomize: true, signal, shouldRetry }
  try {
    return await pRetry(attempt, options)
  } catch {
    signal.throwIfAborted()
    throw thrown
  }
}
