import { delayed, history, later, type Mutant, soon } from './build.js'

export const ofOrder: Mutant[] = [
  ['sets a little later', 'called after a set', history((s) => ({ set: delayed(s.set) }))],
  [
    'sets two at a time in reverse',
    'the last remains',
    history((s) => {
      let calls = 0
      return {
        async set(...args) {
          if (++calls % 2 === 1) await later()
          return s.set(...args)
        },
      }
    }),
  ],
  ['deletes a little later', 'called after a delete', history((s) => ({ delete: delayed(s.delete) }))],
  ['queues deletes behind sets', 'set, delete and set', history((s) => ({ delete: delayed(s.delete, soon) }))],
  ['deletes before the sets that wait', 'set and delete take effect', history((s) => ({ set: delayed(s.set, soon) }))],
  ['clears a little later', 'clear covers', history((s) => ({ clear: delayed(s.clear) }))],
  ['sets batches a little later', 'sees the batches', history((s) => ({ setMany: delayed(s.setMany) }))],
  ['deletes batches a little later', 'sees the batches', history((s) => ({ deleteMany: delayed(s.deleteMany) }))],
  ['reads batches past the queue', 'getMany sees the single writes', history((s) => ({ set: delayed(s.set) }))],
  ['queues batches apart', 'single writes and batches', history((s) => ({ setMany: delayed(s.setMany, soon) }))],
  ['marks a little later', 'a get that is called after it', history((s) => ({ invalidate: delayed(s.invalidate) }))],
]
