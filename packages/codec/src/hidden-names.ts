import { type Concealment, GranaryError, namespaceNames, parsePhysicalKey, physicalKey } from '@granary/core'

/**
 * Keys, namespaces and tags as a store sees them that is not to know them. A hidden namespace is a path of hidden names, so
 * that a store still finds what lies below it; a name is hidden differently in each namespace.
 */
export interface HiddenNames {
  /** Of a physical key. */
  key(physical: string): string
  namespace(path: string): string
  tag(tag: string): string
  revealKey(hidden: string): string
  revealNamespace(hidden: string): string
  revealTag(hidden: string): string
}

// Places: what a name is of, and where.
const TAG = 't'
const keyIn = (path: string) => `k${path}`
const ROOT_KEY = keyIn('')
const namespaceIn = (path: string) => `n${path}`

export function hiddenNames(concealment: Concealment): HiddenNames {
  const { reveal } = concealment

  /** @throws GranaryError `INVALID_KEY` for what UTF-8 cannot hold: two of them would be hidden alike */
  function hide(name: string, place: string): string {
    if (name.isWellFormed()) return concealment.hide(name, place)
    throw new GranaryError('INVALID_KEY', 'a name with a lone surrogate cannot be stored faithfully: encode it first')
  }

  /** Both forms of a path, made from the names of one of them. */
  function pathOf(names: readonly string[], isHidden: boolean): { shown: string; hidden: string } {
    let shown = ''
    let hidden = ''
    for (const name of names) {
      const place = namespaceIn(shown)
      const [clear, concealed] = isHidden ? [reveal(name, place), name] : [name, hide(name, place)]
      shown += lengthed(clear)
      hidden += lengthed(concealed)
    }
    return { shown, hidden }
  }

  return {
    key(physical) {
      const { namespace, key } = parsePhysicalKey(physical)
      const { shown, hidden } = pathOf(namespaceNames(namespace), false)
      // A key of the root is hidden as it stands, and so is one that only looks as if it had a namespace.
      if (hidden === '' || shown !== namespace) return hide(physical, ROOT_KEY)
      return physicalKey(hidden, hide(key, keyIn(namespace)))
    },
    namespace: (path) => pathOf(namespaceNames(path), false).hidden,
    tag: (tag) => hide(tag, TAG),
    revealKey(hidden) {
      const { namespace, key } = parsePhysicalKey(hidden)
      if (namespace === '') return reveal(hidden, ROOT_KEY)
      const { shown } = pathOf(namespaceNames(namespace), true)
      return physicalKey(shown, reveal(key, keyIn(shown)))
    },
    revealNamespace: (hidden) => pathOf(namespaceNames(hidden), true).shown,
    revealTag: (hidden) => reveal(hidden, TAG),
  }
}

function lengthed(name: string): string {
  return `${name.length}:${name}`
}
