import { randomBytes } from 'node:crypto'
import type { Lease, LeaseRequest } from '@granary/core'
import type { Bucket } from './buckets.js'
import type { Connection } from './connection.js'
import type { Feeds } from './feeds.js'
import { inTime } from './in-time.js'
import { ACQUIRE, RELEASE, RENEW } from './lease-scripts.js'

/** How long to wait, in ms, before looking again where no message tells of the end. */
const LOOK_AFTER = 25

/** What {@link ACQUIRE} gives. */
const STORED = 0
const GRANTED = -1

export interface LeasesContext {
  readonly connection: Connection
  readonly origin: string
  readonly feeds: Feeds
  /** Longest wait for an answer of the server, in ms. */
  readonly timeout: number
  /** Sends the writes of a bucket that were called before. */
  readonly flush: (bucket: Bucket) => void
}

/** Asks for the right to compute a key; see `Store.lease`. Whoever waits is woken by the feed. */
export async function askForLease(
  context: LeasesContext,
  key: string,
  { life, since, signal }: LeaseRequest,
): Promise<Lease | undefined> {
  signal.throwIfAborted()
  const { connection, feeds } = context
  const bucket = connection.buckets.of(key)
  const token = randomBytes(9).toString('base64url')
  const lease = leaseOf(context, bucket, key, token, Math.ceil(life))
  const { promise: woken, resolve: wake } = Promise.withResolvers<void>()
  // From before it is asked for: the end may come before the answer.
  const stop = feeds.wakeOn(key, wake)
  try {
    const names = [bucket.entry(key), bucket.lease(key)]
    const args = [token, Math.ceil(life), typeof since === 'number' ? since : '']
    context.flush(bucket)
    const asked = connection.run<number>(ACQUIRE, bucket.index, names, args)
    const left = await inTime(asked, context.timeout).catch((error: unknown) => {
      // Nobody will use what is granted later.
      asked.then((late) => (late === GRANTED ? lease.release() : undefined)).catch(() => {})
      throw error
    })
    if (left === GRANTED) {
      if (signal.aborted) await lease.release()
      signal.throwIfAborted()
      return lease
    }
    if (left !== STORED) await pause(feeds.isOn(bucket) ? left : Math.min(left, LOOK_AFTER), woken, signal)
    return undefined
  } finally {
    stop()
  }
}

function leaseOf(context: LeasesContext, bucket: Bucket, key: string, token: string, life: number): Lease {
  const { connection, origin, flush } = context
  const name = bucket.lease(key)
  return {
    async renew() {
      return (await connection.run<number>(RENEW, bucket.index, [name], [token, life])) === 1
    },
    async release() {
      // What was set before is there when those who wait are woken.
      flush(bucket)
      const args = [token, bucket.channel, connection.publish, origin, key]
      await connection.run<number>(RELEASE, bucket.index, [name, bucket.clock], args)
    },
  }
}

/** Waits for so long, or until it is woken, or rejects with the signal's reason. */
function pause(ms: number, woken: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      if (signal.aborted) reject(signal.reason)
      else resolve()
    }
    const timer = setTimeout(end, ms + 1)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
    void woken.then(end)
  })
}
