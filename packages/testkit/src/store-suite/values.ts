import assert from 'node:assert/strict'
import { entryOf } from '../entry.js'
import { SAMPLE_VALUES } from '../sample-values.js'
import { type Case, type Group, misses, put, show } from './case.js'

const valueCases = Object.entries(SAMPLE_VALUES).map(
  ([name, value]): Case => ({
    rule: `${name} comes back equal, or is refused`,
    async check({ store }) {
      await put(store, 'k', 'older')
      const outcome = await store.set('k', entryOf(value()))
      if (outcome.stored) {
        const entry = await store.get('k')
        assert.ok(entry !== undefined, 'a miss')
        assert.deepEqual(entry.value, value(), `came back as ${show(entry.value)}`)
      } else {
        assert.equal(outcome.reason, 'unsupported-value')
        await misses(store, 'k')
      }
    },
  }),
)

export const values: Group = { name: 'values', cases: valueCases }
