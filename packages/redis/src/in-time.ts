/** A timer that is later than this says that the process itself stood still, ms. */
const LATE = 20

/**
 * The promise's outcome, or a rejection if it has none within `ms`. Time in which this process stood still does not
 * count: an answer may lie there unread.
 */
export function inTime<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout
    const arm = (left: number) => {
      const due = performance.now() + left
      timer = setTimeout(() => {
        const late = performance.now() - due
        if (late > LATE) arm(Math.min(late, ms))
        else reject(new Error(`the server did not answer within ${ms} ms`))
      }, left)
    }
    arm(ms)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
