import type { Clock, Lease, LeaseRequest, Position } from '@granary/core'

/** Who computes a key, until when, and who waits for that to end. */
interface Held {
  until: number
  readonly ended: Promise<void>
  readonly end: () => void
}

/** The leases of one state: held in one Map by all stores over it. */
export type LeaseState = Map<string, Held>

/** @param isNewer was the key stored after this position? */
export function historyLeases(
  held: LeaseState,
  clock: Clock,
  isNewer: (key: string, since: Position | undefined) => boolean,
): (key: string, request: LeaseRequest) => Promise<Lease | undefined> {
  function leaseOf(key: string, life: number): Lease {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    const own = { until: clock.now() + life, ended, end }
    held.set(key, own)
    return {
      async renew() {
        if (held.get(key) !== own) return false
        own.until = clock.now() + life
        return true
      },
      async release() {
        if (held.get(key) === own) held.delete(key)
        end()
      },
    }
  }

  return async (key, { life, since, signal }) => {
    signal.throwIfAborted()
    if (isNewer(key, since)) return undefined
    const other = held.get(key)
    if (other === undefined || other.until <= clock.now()) return leaseOf(key, life)
    await endOf(other, clock, signal)
  }
}

/** Waits until a lease is released or lapses; one that is renewed meanwhile lapses later. */
function endOf(other: Held, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let cancel: () => void = () => {}
    const settle = (how: () => void) => {
      cancel()
      signal.removeEventListener('abort', abort)
      how()
    }
    const abort = () => settle(() => reject(signal.reason))
    const look = () => {
      const left = other.until - clock.now()
      if (left <= 0) settle(resolve)
      else cancel = clock.after(left, look)
    }
    signal.addEventListener('abort', abort)
    void other.ended.then(() => settle(resolve))
    look()
  })
}
