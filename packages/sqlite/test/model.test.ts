import { namespacePath, type Position } from '@granary/core'
import fc from 'fast-check'
import { it } from 'vitest'
import { bytesOf, lookAt, openBytes, SOAK, textOf } from './support/files.js'

const KEYS = ['a', 'b', 'a\0', '']
const TAGS = ['s', 't', 't\0u', 't\0v']
const NAMESPACES = ['', namespacePath('', 'n'), namespacePath(namespacePath('', 'n'), 'm'), namespacePath('', 'n\0')]

const key = fc.constantFrom(...KEYS)
const info = fc.record({ tags: fc.uniqueArray(fc.constantFrom(...TAGS)), namespace: fc.constantFrom(...NAMESPACES) })
const step = fc.oneof(
  fc.record({ do: fc.constant('set' as const), key, info }),
  fc.record({ do: fc.constant('look' as const), key }),
  fc.record({ do: fc.constant('compute' as const), key, info }),
  fc.record({ do: fc.constant('delete' as const), key }),
  fc.record({ do: fc.constant('clear' as const) }),
  fc.record({ do: fc.constant('prune' as const) }),
  fc.record({ do: fc.constant('tag' as const), tag: fc.constantFrom(...TAGS) }),
  fc.record({ do: fc.constant('namespace' as const), namespace: fc.constantFrom(...NAMESPACES) }),
)

interface Held {
  readonly text: string
  readonly tags: readonly string[]
  readonly namespace: string
}

it('does what a Map with scopes would do, in any order of calls', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const store = openBytes()
      const model = new Map<string, Held>()
      // When each key and scope last changed, and when a look was taken, in steps.
      const changed = new Map<string, number>()
      const looks = new Map<string, { at: Position; step: number }>()
      for (const [number, one] of steps.entries()) {
        const text = String(number)
        const touch = (what: string) => changed.set(what, number)
        const drop = (covered: (held: Held) => boolean) => {
          for (const [key, held] of model) if (covered(held)) model.delete(key)
        }
        if (one.do === 'set') {
          await store.set(one.key, bytesOf(text, one.info))
          model.set(one.key, { text, ...one.info })
          touch(`k${one.key}`)
        } else if (one.do === 'look') {
          looks.set(one.key, { at: await lookAt(store, one.key), step: number })
        } else if (one.do === 'compute') {
          const look = looks.get(one.key)
          if (look === undefined) continue
          const { tags, namespace } = one.info
          const scopes = [`k${one.key}`, ...tags.map((tag) => `t${tag}`)]
          for (const other of NAMESPACES) if (namespace.startsWith(other)) scopes.push(`n${other}`)
          const expected = scopes.every((scope) => (changed.get(scope) ?? -1) < look.step)
          const outcome = await store.set(one.key, bytesOf(text, one.info), look.at)
          if (outcome.stored !== expected) throw new Error(`${JSON.stringify(outcome)}, not ${expected}`)
          if (!expected) continue
          model.set(one.key, { text, ...one.info })
          touch(`k${one.key}`)
        } else if (one.do === 'delete') {
          const existed = await store.delete(one.key)
          if (existed !== model.delete(one.key)) throw new Error(`delete answered ${existed}`)
          touch(`k${one.key}`)
        } else if (one.do === 'clear') {
          await store.clear()
          model.clear()
          touch('n')
        } else if (one.do === 'prune') {
          await store.prune()
        } else if (one.do === 'tag') {
          await store.invalidate([{ tag: one.tag }])
          drop(({ tags }) => tags.includes(one.tag))
          touch(`t${one.tag}`)
        } else {
          await store.invalidate([{ namespace: one.namespace }])
          drop(({ namespace }) => namespace.startsWith(one.namespace))
          touch(`n${one.namespace}`)
        }
        for (const key of KEYS) {
          const found = await textOf(store, key)
          if (found !== model.get(key)?.text) throw new Error(`step ${number}: ${found}, not ${model.get(key)?.text}`)
        }
      }
      await store.prune()
      const { entries } = await store.stats()
      if (entries !== model.size) throw new Error(`${entries} entries, not ${model.size}`)
      await store.close()
    }),
    { numRuns: 60 * SOAK },
  )
}, 600_000)
