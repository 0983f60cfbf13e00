import { hash } from 'node:crypto'
import { GranaryError, namespaceLineage } from '@granary/core'
import { ROOT_SCOPE } from './schema.js'

/**
 * 53 of the first 56 bits of the SHA-256 of a text's UTF-8: what a JavaScript number and an INTEGER column hold alike.
 * The text itself is compared on read, so that two with the same bits are a miss and never a wrong value.
 */
export function hash53(text: string): number {
  const digest = hash('sha256', text, 'binary')
  const high = ((digest.charCodeAt(0) & 0x1f) << 16) | (digest.charCodeAt(1) << 8) | digest.charCodeAt(2)
  const low =
    (digest.charCodeAt(3) << 24) | (digest.charCodeAt(4) << 16) | (digest.charCodeAt(5) << 8) | digest.charCodeAt(6)
  return high * 2 ** 32 + (low >>> 0)
}

/** @throws GranaryError `INVALID_KEY` for a key that UTF-8 cannot hold: two of them would be taken for one */
export function keyHash(key: string): number {
  if (!key.isWellFormed()) {
    throw new GranaryError('INVALID_KEY', 'a key with a lone surrogate cannot be stored faithfully: encode it first')
  }
  return hash53(key)
}

/** The scope that a namespace path stands for. */
export function namespaceScope(path: string): number {
  return path === '' ? ROOT_SCOPE : hash53(`n${path}`)
}

/** The scope that a tag stands for. */
export function tagScope(tag: string): number {
  return hash53(`t${tag}`)
}

const REMEMBERED = 4_096

/** Lists of scopes as the `scopes` column holds them; remembers those of the namespaces and tags that it met. */
export function createScopes(): (namespace: string, tags: readonly string[]) => string | null {
  const ofNamespace = new Map<string, number[]>()
  const ofTag = new Map<string, number>()

  function remember<K, V>(map: Map<K, V>, key: K, make: (key: K) => V): V {
    let value = map.get(key)
    if (value === undefined) {
      value = make(key)
      if (map.size === REMEMBERED) map.clear()
      map.set(key, value)
    }
    return value
  }

  return (namespace, tags) => {
    if (namespace === '' && tags.length === 0) return null
    const lineage = remember(ofNamespace, namespace, (path) => namespaceLineage(path).map(namespaceScope))
    return JSON.stringify([...lineage, ...tags.map((tag) => remember(ofTag, tag, tagScope))])
  }
}
