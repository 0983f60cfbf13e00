import { namespaceNames, parsePhysicalKey } from '@granary/core'
import { history, type Mutant, naming } from './build.js'

export const ofKeys: Mutant[] = [
  ['ignores case', 'hostile', naming((key) => key.toLowerCase())],
  ['trims keys', 'hostile', naming((key) => key.trim())],
  ['ends keys at NUL', 'hostile', naming((key) => key.split('\0')[0] ?? '')],
  ['cuts long keys off', 'hostile', naming((key) => key.slice(0, 4_096))],
  ['normalizes keys', 'hostile', naming((key) => key.normalize())],
  ['takes keys for numbers', 'hostile', naming((key) => (Number(key) ? String(Number(key)) : key))],
  ['keeps keys as bytes of Latin-1', 'hostile', naming((key) => Buffer.from(key, 'latin1').toString('latin1'))],
  [
    'deletes by pattern',
    'deleting a hostile key',
    history((s, { rows }) => ({
      async delete(key) {
        if (key.endsWith('*'))
          for (const other of rows.keys()) if (other.startsWith(key.slice(0, -1))) rows.delete(other)
        return s.delete(key)
      },
    })),
  ],
  [
    'lists keys in another form',
    'lists hostile keys',
    history((s) => ({
      entries: () =>
        [...(s.entries() as never[])].map((i: { key: string }) => ({ ...i, key: encodeURI(i.key) })) as never,
    })),
  ],
  [
    'joins namespace and key by a colon',
    'careless join',
    naming((physical) => {
      const { namespace, key } = parsePhysicalKey(physical)
      return [...namespaceNames(namespace), key].join(':')
    }),
  ],
]
