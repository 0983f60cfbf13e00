import type { Bucket } from './buckets.js'
import type { LaneContext } from './lane.js'
import { MARK } from './scripts.js'

/** Keys that one script marks at most: nobody else is served meanwhile. */
const MOST_KEYS = 500
/** Marks on namespaces and tags that one bucket keeps, of entries that live for ever; others are forgotten with what they cover. */
const MOST_SCOPE_MARKS = 20_000

/** Marks keys and scopes in one bucket; for each key, was there an entry that still counted? */
export async function markBucket(
  { connection, origin, now, mostKeyMarks }: LaneContext,
  bucket: Bucket,
  keys: readonly string[],
  scopes: readonly string[],
): Promise<boolean[]> {
  const { index, clock, keyMarks, scopeMarks, channel } = bucket
  const calls: Promise<Buffer[]>[] = []
  for (let from = 0; from < keys.length || (from === 0 && scopes.length > 0); from += MOST_KEYS) {
    const some = keys.slice(from, from + MOST_KEYS)
    const names = [clock, keyMarks, scopeMarks, ...some.map((key) => bucket.entry(key))]
    const args = [channel, connection.publish, origin, mostKeyMarks, MOST_SCOPE_MARKS, ...some]
    calls.push(connection.run<Buffer[]>(MARK, index, names, from === 0 ? [...args, ...scopes] : args))
  }
  const expiries = (await Promise.all(calls)).flat()
  return expiries.map((expiry) => Number(expiry) > now())
}
