import {
  type Concealment,
  type Entry,
  type KeyedInfo,
  type Mark,
  type News,
  type Store,
  type StoreFailure,
  wrapStore,
} from '@granary/core'
import type { ByteStore } from './byte-store.js'
import { concealedJournal, concealedLedger } from './concealed-records.js'
import { type HiddenNames, hiddenNames } from './hidden-names.js'

/** Every member of a store that is given names or gives them back: one that is added to the contract is missed here. */
type Naming = Required<
  Omit<
    Store<Uint8Array>,
    | ('name' | 'local' | 'layers' | 'durable' | 'policy' | 'clear' | 'prune' | 'evict' | 'stats' | 'close')
    // Of more than one member, in concealed-records.ts.
    | ('journal' | 'ledger')
  >
>

/**
 * A store that is shown no key, namespace or tag as it is, with the capabilities of `store`.
 *
 * What others do to the store and this program cannot name (they conceal with another key, or a name is damaged) is not
 * listed, and is a gap in the feed.
 */
export function concealed(store: ByteStore, concealment: Concealment): ByteStore {
  const inner = store as Required<Store<Uint8Array>>
  const names = hiddenNames(concealment)
  let listener: ((failure: StoreFailure) => void) | undefined

  const own: Naming = {
    get: (key, look) => inner.get(names.key(key), look),
    set: (key, entry, since) => inner.set(names.key(key), hideEntry(entry), since),
    delete: (key) => inner.delete(names.key(key)),
    getMany: (keys, looks) => inner.getMany(keys.map(names.key), looks),
    setMany: (items) =>
      inner.setMany(items.map(({ key, entry, since }) => ({ key: names.key(key), entry: hideEntry(entry), since }))),
    deleteMany: (keys) => inner.deleteMany(keys.map(names.key)),
    invalidate: (marks) => inner.invalidate(marks.map(hideMark)),
    entries: () => revealAll(inner.entries()),
    feed: (told) => inner.feed((news) => told(revealNews(news))),
    lease: (key, request) => inner.lease(names.key(key), request),
    observe(told) {
      listener = told
      store.observe?.(({ key, ...failure }) => {
        const shown = key === undefined ? undefined : attempt(() => names.revealKey(key))
        told(shown === undefined ? failure : { ...failure, key: shown })
      })
    },
  }

  function hideEntry(entry: Entry<Uint8Array>): Entry<Uint8Array> {
    return { ...entry, namespace: names.namespace(entry.namespace), tags: entry.tags.map(names.tag) }
  }

  function hideMark(mark: Mark): Mark {
    if ('key' in mark) return { key: names.key(mark.key) }
    return 'tag' in mark ? { tag: names.tag(mark.tag) } : { namespace: names.namespace(mark.namespace) }
  }

  function revealNews(news: News): News {
    return news === 'gap' ? news : (attempt(() => news.map((mark) => revealMark(names, mark))) ?? 'gap')
  }

  async function* revealAll(infos: Iterable<KeyedInfo> | AsyncIterable<KeyedInfo>): AsyncGenerator<KeyedInfo> {
    for await (const info of infos) {
      const shown = attempt(
        () => revealInfo(names, info),
        (error) => listener?.({ operation: 'entries', error }),
      )
      if (shown !== undefined) yield shown
    }
  }

  return {
    ...wrapStore(inner, own),
    observe: own.observe,
    ...(store.journal !== undefined && {
      journal: concealedJournal(store.journal, names, concealment, (mark) => revealMark(names, mark)),
    }),
    ...(store.ledger !== undefined && { ledger: concealedLedger(store.ledger, names) }),
  }
}

function revealMark(names: HiddenNames, mark: Mark): Mark {
  if ('key' in mark) return { key: names.revealKey(mark.key) }
  return 'tag' in mark ? { tag: names.revealTag(mark.tag) } : { namespace: names.revealNamespace(mark.namespace) }
}

function revealInfo(names: HiddenNames, info: KeyedInfo): KeyedInfo {
  const { key, namespace, tags } = info
  return {
    ...info,
    key: names.revealKey(key),
    namespace: names.revealNamespace(namespace),
    tags: tags.map(names.revealTag),
  }
}

function attempt<T>(action: () => T, failed?: (error: unknown) => void): T | undefined {
  try {
    return action()
  } catch (error) {
    failed?.(error)
    return undefined
  }
}
