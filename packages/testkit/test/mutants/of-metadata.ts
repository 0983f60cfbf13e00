import { entering, local, type Mutant } from './build.js'

export const ofMetadata: Mutant[] = [
  [
    'keeps times in seconds',
    'to the millisecond',
    entering((e) => ({ ...e, freshUntil: Math.floor(e.freshUntil / 1000) * 1000 })),
  ],
  ['keeps forever as null', 'forever is Infinity', entering((e) => JSON.parse(JSON.stringify(e)))],
  ['ends staleness with freshness', 'stale forever', entering((e) => ({ ...e, staleUntil: e.freshUntil }))],
  [
    'joins tags by commas',
    'tags come back',
    entering((e) => ({ ...e, tags: e.tags.join().split(',').filter(Boolean) })),
  ],
  ['sorts tags', 'tags come back', entering((e) => ({ ...e, tags: [...e.tags].sort() }))],
  ['drops the namespace', 'the namespace comes back', entering((e) => ({ ...e, namespace: '' }))],
  ['rounds the compute time', 'compute time and cost', entering((e) => ({ ...e, computeMs: Math.round(e.computeMs) }))],
  [
    'writes a since of its own without a history',
    'keeps the since',
    local((s) => ({ set: (key, e) => s.set(key, { ...e, since: 1 }) })),
  ],
  [
    'fills look.at without a history',
    'leaves look.at alone',
    local((s) => ({
      get(key, look) {
        if (look) look.at = 1
        return s.get(key)
      },
    })),
  ],
]
