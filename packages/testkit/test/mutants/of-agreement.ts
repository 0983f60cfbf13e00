import type { Lease, LeaseRequest, Mark, News } from '@granary/core'
import type { HistoryStore } from '../../src/history-store.js'
import { delayed, history, type Mutant } from './build.js'

/** The news of a feed changed on their way to the listener. */
const telling = (change: (news: News) => News) =>
  history((s) => ({ feed: (listener) => s.feed((news) => listener(change(news))) }))

const without = (isLeftOut: (mark: Mark) => boolean) =>
  telling((news) => (news === 'gap' ? news : news.filter((mark) => !isLeftOut(mark))))

/** Each lease changed on its way out. */
const leasing = (change: (lease: Lease, store: HistoryStore) => Partial<Lease>) =>
  history((s) => ({
    async lease(key: string, request: LeaseRequest) {
      const lease = await s.lease(key, request)
      return lease && { ...lease, ...change(lease, s) }
    },
  }))

export const ofAgreement: Mutant[] = [
  ['tells of no key', 'tells of a delete', without((mark) => 'key' in mark)],
  ['tells of no tag', 'tells of an invalidated tag', without((mark) => 'tag' in mark)],
  [
    'tells of no namespace',
    'tells of an invalidated namespace',
    without((mark) => 'namespace' in mark && mark.namespace !== ''),
  ],
  ['tells of no clear', 'tells of a clear', without((mark) => 'namespace' in mark && mark.namespace === '')],
  [
    'tells of some of many',
    'all that came between two looks',
    telling((news) => (news === 'gap' ? news : news.slice(0, 10))),
  ],
  [
    'goes on telling',
    'nothing is told after',
    history((s) => ({ feed: (listener) => ({ ...s.feed(listener), close() {} }) })),
  ],
  [
    'gives a lease to everybody',
    'given to one',
    history(() => ({ lease: async () => ({ renew: () => true, release() {} }) })),
  ],
  [
    'gives leases whatever was stored',
    'stored since it was read',
    history((s) => ({ lease: (key, request) => s.lease(key, { ...request, since: undefined }) })),
  ],
  [
    'lets leases last for ever',
    'not renewed lapses',
    history((s) => ({ lease: (key, request) => s.lease(key, { ...request, life: 1e9 }) })),
  ],
  ['renews what was lost', 'not renewed lapses', leasing(() => ({ renew: () => true }))],
  ['renews nothing', 'renewed lasts', leasing(() => ({ renew: () => false }))],
  [
    'releases before what was set',
    'behind what was set before',
    history((s) => ({ set: delayed(s.set, () => new Promise((done) => setTimeout(done, 30))) })),
  ],
  [
    'lets nobody stop waiting',
    'can stop waiting',
    history((s) => ({ lease: (key, request) => s.lease(key, { ...request, signal: new AbortController().signal }) })),
  ],
]
