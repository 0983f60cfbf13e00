import type { Concealment, Fate, Journal, Ledger, Mark } from '@granary/core'
import type { HiddenNames } from './hidden-names.js'

/** Where the journal's secret is hidden: it takes the concealment's key to guess inputs from digests of their parts. */
const SECRET = 's'

/** A journal that is shown no name as it is, over one that keeps hidden ones. */
export function concealedJournal(
  journal: Journal,
  names: HiddenNames,
  concealment: Concealment,
  revealMark: (mark: Mark) => Mark,
): Journal {
  const reveal = (fate: Fate): Fate => (fate.cause === 'invalidated' ? { ...fate, by: revealMark(fate.by) } : fate)
  return {
    note: (key, why, at) => journal.note(names.key(key), why, at),
    fate: async (key) => reveal(await journal.fate(names.key(key))),
    keepParts: (parts) =>
      journal.keepParts(
        parts.map(({ key, group, digests }) => ({ key: names.key(key), group: names.namespace(group), digests })),
      ),
    parts: async (group) => {
      const kept = await journal.parts(names.namespace(group))
      return kept.map(({ key, digests }) => ({ key: names.revealKey(key), group, digests }))
    },
    secret: async () => concealment.hide(await journal.secret(), SECRET),
  }
}

/** An account of savings whose namespaces are hidden. */
export function concealedLedger(ledger: Ledger, names: HiddenNames): Ledger {
  return {
    add: (savings) =>
      ledger.add(savings.map((saving) => ({ ...saving, namespace: names.namespace(saving.namespace) }))),
    read: async (namespace) => {
      const kept = await ledger.read(names.namespace(namespace))
      return kept.map((saving) => ({ ...saving, namespace: names.revealNamespace(saving.namespace) }))
    },
  }
}
