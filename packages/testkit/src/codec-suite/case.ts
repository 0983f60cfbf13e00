import { type Codec, type KeyedInfo, physicalKey } from '@granary/core'

/** One rule of the contract of a codec. */
export interface CodecCase {
  /** The rule that it checks, in words. */
  readonly rule: string
  check(codec: Codec): Promise<void>
}

/** What the cases say of the values that they encode. */
export const ABOUT: KeyedInfo = {
  key: physicalKey('2:ns', 'the key'),
  namespace: '2:ns',
  tags: ['a tag', '2'],
  createdAt: 1_764_000_000_000,
  freshUntil: 1_764_000_060_000,
  staleUntil: Number.POSITIVE_INFINITY,
  computeMs: 12.5,
  cost: 0.25,
  since: 7,
}
