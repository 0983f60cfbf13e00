import { storeSuite } from '@granary/testkit'
import { describe, it } from 'vitest'
import { memory } from '../src/index.js'

const offers = ['entries', 'prune', 'evict', 'stats', 'close'] as const

storeSuite({ describe, it }, 'memory', { create: () => memory(), offers })

storeSuite({ describe, it }, 'memory that evicts the oldest', {
  create: () => memory({ policy: 'fifo', maxBytes: '10mb' }),
  unstorable: new Uint8Array(11_000_000),
  offers,
})
