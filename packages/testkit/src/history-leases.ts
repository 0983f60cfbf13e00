import type { Clock, Lease, LeaseRequest, Position } from '@granary/core'

/** Who computes a key, until when, and who waits for that to end. */
interface Held {
  readonly until: number
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
  function take(key: string, life: number): Held {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    const own = { until: clock.now() + life, ended, end }
    held.get(key)?.end()
    held.set(key, own)
    return own
  }

  function leaseOf(key: string, life: number): Lease {
    let own = take(key, life)
    return {
      async renew() {
        if (held.get(key) !== own) return false
        own = take(key, life)
        return true
      },
      async release() {
        if (held.get(key) !== own) return
        held.delete(key)
        own.end()
      },
    }
  }

  return async (key, { life, since, signal }) => {
    signal.throwIfAborted()
    if (isNewer(key, since)) return undefined
    const other = held.get(key)
    if (other === undefined || other.until <= clock.now()) return leaseOf(key, life)
    const { promise: given, resolve: giveUp, reject } = Promise.withResolvers<void>()
    const cancel = clock.after(other.until - clock.now(), giveUp)
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort)
    try {
      await Promise.race([other.ended, given])
    } finally {
      cancel()
      signal.removeEventListener('abort', abort)
    }
  }
}
