/** Milliseconds that stores may work before they let the event loop go on to other things. */
const BUDGET = 4

let began: number | undefined

function ended(): void {
  began = undefined
}

/**
 * Is there time left in this turn of the event loop, for work of so many milliseconds? SQLite works on the caller's thread, and a caller that awaits one
 * operation after the other goes from microtask to microtask: without this, timers and sockets would starve.
 */
export function turnIsYoung(work = 0): boolean {
  const now = performance.now()
  if (began === undefined) {
    began = now
    setImmediate(ended)
    return true
  }
  return now + work - began < BUDGET
}

/** Runs `work` as soon as it may: in a microtask of this turn if that is still young then, else in the next turn. */
export function soon(work: () => void): void {
  // What the caller does from here on counts: it may take long before it lets go.
  turnIsYoung()
  queueMicrotask(() => {
    if (turnIsYoung()) work()
    else setImmediate(work)
  })
}

/** Settles in the next turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
