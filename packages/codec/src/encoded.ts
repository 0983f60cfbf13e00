import {
  type Awaitable,
  type Codec,
  type Entry,
  isPromise,
  type Look,
  type Position,
  type SetItem,
  type SetOutcome,
  type Store,
  type StoreFailure,
} from '@granary/core'
import type { ByteStore, StoredBytes } from './byte-store.js'
import { concealed } from './concealed.js'
import { type Decode, decoder } from './decoding.js'
import { all, type Encode, encoder, write, writeMany } from './encoding.js'
import { type Turns, turns } from './turns.js'

/**
 * A store of values over a store of bytes. It has the capabilities of `bytes`, and no others but `observe`. Where the codec
 * conceals names, the store of bytes is shown none.
 *
 * What does not decode intact for the key that was asked for is a miss, told to the observer. What the bytes say of
 * their entry wins over what the backend keeps beside them, but for `since`, which is the backend's. A value that
 * cannot be encoded is refused and told to the observer; in an explicit set (one without `since`) the older value of
 * the key is deleted.
 *
 * Where the codec and the store are synchronous, so is this. Where the codec is not, writes still take effect in the
 * order of their calls and a read sees the writes called before it: it waits for those of its key.
 */
export function encoded(bytes: ByteStore, codec: Codec): Store<unknown> {
  const store = codec.concealment === undefined ? bytes : concealed(bytes, codec.concealment)
  const order = turns()
  let listener: ((failure: StoreFailure) => void) | undefined
  const decode = decoder(codec, (key, error) => listener?.({ operation: 'get', key, error }))
  const encode = encoder(codec, (key, error) => listener?.({ operation: 'set', key, error }))
  const read = (key: string, look?: Look): Awaitable<Entry | undefined> => {
    const found = store.get(key, look)
    return isPromise(found) ? found.then((entry) => decode(key, entry)) : decode(key, found)
  }

  return {
    name: store.name,
    ...(store.durable === undefined ? {} : { durable: store.durable }),
    ...(store.ledger === undefined ? {} : { ledger: store.ledger }),
    ...(store.journal === undefined ? {} : { journal: store.journal }),

    get(key: string, look?: Look) {
      const wait = order.before([key])
      return wait === undefined ? read(key, look) : wait.then(() => read(key, look))
    },

    set: (key: string, entry: Entry, since?: Position): Awaitable<SetOutcome> =>
      order.take([key], encode({ key, entry, since }), (encoding) => write(store, encoding)),

    delete: (key) => order.take([key], undefined, () => store.delete(key)),
    clear: () => order.take('all', undefined, () => store.clear()),
    observe(told) {
      listener = told
      store.observe?.(told)
    },
    ...batches(store, order, decode, encode),
    ...wholes(store, order),
  }
}

/** What is done to many keys at once, where the store can. */
function batches(store: ByteStore, order: Turns, decode: Decode, encode: Encode): Partial<Store<unknown>> {
  const { getMany, setMany, deleteMany } = store
  const offered: Partial<Store<unknown>> = {}
  if (getMany !== undefined) {
    const read = (keys: readonly string[], looks?: readonly Look[]) => {
      const found = getMany.call(store, keys, looks)
      const decodeAll = (entries: (StoredBytes | undefined)[]) =>
        all(entries.map((entry, at) => decode(keys[at] as string, entry)))
      return isPromise(found) ? found.then(decodeAll) : decodeAll(found)
    }
    offered.getMany = (keys, looks) => {
      const wait = order.before(keys)
      return wait === undefined ? read(keys, looks) : wait.then(() => read(keys, looks))
    }
  }
  if (setMany !== undefined) {
    offered.setMany = (items: readonly SetItem[]) =>
      order.take(
        items.map(({ key }) => key),
        all(items.map(encode)),
        (encodings) => writeMany(store, setMany, encodings),
      )
  }
  if (deleteMany !== undefined)
    offered.deleteMany = (keys) => order.take(keys, undefined, () => deleteMany.call(store, keys))
  return offered
}

/** What concerns the whole store, where the store can. */
function wholes(store: ByteStore, order: Turns): Partial<Store<unknown>> {
  const { invalidate, entries, prune, evict, stats, feed, lease, close } = store
  const offered: Partial<Store<unknown>> = {}
  const last = <T>(operation: () => Awaitable<T>) => {
    return (): Awaitable<T> => {
      const wait = order.beforeAll()
      return wait === undefined ? operation.call(store) : wait.then(() => operation.call(store))
    }
  }
  if (invalidate !== undefined)
    offered.invalidate = (marks) => order.take('all', undefined, () => invalidate.call(store, marks))
  if (prune !== undefined) offered.prune = last(prune)
  if (evict !== undefined) offered.evict = last(evict)
  if (stats !== undefined) offered.stats = last(stats)
  if (feed !== undefined) offered.feed = feed.bind(store)
  if (lease !== undefined) {
    offered.lease = async (key, request) => {
      const own = await lease.call(store, key, request)
      // In its place among the writes: what is still being encoded is stored before others are let in.
      return own && { renew: () => own.renew(), release: () => order.take([key], undefined, () => own.release()) }
    }
  }
  if (close !== undefined) offered.close = last(close)
  if (entries !== undefined) {
    offered.entries = () => {
      const wait = order.beforeAll()
      return wait === undefined ? entries.call(store) : after(wait, () => entries.call(store))
    }
  }
  return offered
}

async function* after<T>(wait: Promise<unknown>, list: () => Iterable<T> | AsyncIterable<T>): AsyncGenerator<T> {
  await wait
  yield* list()
}
