import assert from 'node:assert/strict'
import { namespacePath, physicalKey } from '@granary/core'
import { type Group, holds, listedKeys, misses, put } from './case.js'

/** Keys that name a path, a pattern, a statement or a prototype elsewhere; and pairs that a careless store takes for one. */
const HOSTILE_KEYS: readonly string[] = [
  '',
  ' ',
  'k',
  'K',
  'k ',
  ' k',
  'k\0',
  'k\0l',
  '\0',
  'line\nbreak',
  'line\r\nbreak',
  "it's",
  '"quoted"',
  '`ticked`',
  "'; DROP TABLE entry; --",
  '%',
  '_',
  '*',
  'k*',
  '?',
  '[k]',
  '{k}',
  '\\',
  '../../etc/passwd',
  '/',
  'a:b:c',
  '__proto__',
  'constructor',
  'toString',
  '1',
  '01',
  '1.0',
  'é',
  'e\u0301',
  '👩‍🚀',
  '\u0001',
  '\uffff',
  '\u{1f4a9}\u{10ffff}',
  `${'long '.repeat(12_288)}1`,
  `${'long '.repeat(12_288)}2`,
]

export const keys: Group = {
  name: 'keys',
  cases: [
    {
      rule: 'hostile and very long keys are kept apart, and come back as they were',
      async check({ store }) {
        for (const [at, key] of HOSTILE_KEYS.entries()) {
          await misses(store, key)
          await put(store, key, at)
        }
        for (const [at, key] of HOSTILE_KEYS.entries()) await holds(store, key, at)
      },
    },
    {
      rule: 'entries() lists hostile keys as they were',
      needs: ['entries'],
      async check({ store }) {
        for (const key of HOSTILE_KEYS) await put(store, key, 1)
        assert.deepEqual(await listedKeys(store), [...HOSTILE_KEYS].sort())
      },
    },
    {
      rule: 'deleting a hostile key deletes that key alone',
      async check({ store }) {
        for (const key of HOSTILE_KEYS) await put(store, key, key)
        const gone = HOSTILE_KEYS.filter((_, at) => at % 2 === 0)
        for (const key of gone) assert.equal(await store.delete(key), true)
        await misses(store, ...gone)
        for (const key of HOSTILE_KEYS) if (!gone.includes(key)) await holds(store, key, key)
      },
    },
    {
      rule: 'keys of namespaces that a careless join takes for one are kept apart',
      async check({ store }) {
        const pairs = [
          [[], 'a:b:k'],
          [['a'], 'b:k'],
          [['a:b'], 'k'],
          [['a', 'b'], 'k'],
          [['b', 'a'], 'k'],
          [['a'], 'k'],
          [['1:a'], 'k'],
          [['a', '1:b'], 'k'],
        ] as const
        const placed = pairs.map(([names, key]) => {
          const namespace = names.reduce(namespacePath, '')
          return { namespace, key: physicalKey(namespace, key) }
        })
        for (const [at, { key }] of placed.entries()) await put(store, key, at)
        for (const [at, { namespace, key }] of placed.entries()) {
          await holds(store, key, at)
          assert.equal((await store.get(key))?.namespace, namespace)
        }
      },
    },
  ],
}
