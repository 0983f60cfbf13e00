import { standardCodec } from '@granary/codec'
import { compress } from '@granary/compression'
import type { Codec, CodecStage } from '@granary/core'
import { seal } from '../../src/seal.js'
import { envelopeOf, infoOf, keyOf, type Parts, partsOf } from '../entries.js'
import { anyMsgpack } from './msgpack.js'
import { mutated } from './mutations.js'
import type { Random } from './random.js'

/** Something that is asked for under a key, as an attacker who can write to a store would have it. */
export interface Input {
  readonly bytes: Uint8Array
  /** A checksum or seal does not fit: nothing may come of it. */
  readonly isForged: boolean
}

/** A codec under attack. */
export interface Target {
  readonly name: string
  /** Answers at once: everything is small. */
  readonly codec: Codec
  readonly stages: readonly CodecStage[]
  /** Of so many inputs one is for it: what is slow gets fewer. */
  readonly share: number
  make(random: Random): Input
}

/** What the inputs are written for. */
export const KEY: string = infoOf().key

/** No compressed input may become longer, so that what is made of one is known to be small. */
const MOST = 64 * 1024
const SMALL = { threshold: 1, minimumSaving: 0, maxLength: MOST } as const
const keys = [keyOf(1)]

const VALUES: readonly unknown[] = [
  undefined,
  { name: 'Ada', langs: ['en', 'fr'], score: 0.5, ok: true, none: null, big: 2 ** 40 },
  [-0, Number.NaN, -1n, 2n ** 64n - 1n, -(2n ** 100n)],
  new Map<unknown, unknown>([[{ a: 1 }, new Set([undefined, '\ufefftext'])]]),
  [new Date(1), new Date(Number.NaN), new Float64Array([0.5]), new DataView(new ArrayBuffer(2)), new ArrayBuffer(3)],
  JSON.parse('{ "__proto__": 1, "constructor": { "a": [[[[]]]] } }'),
  new Uint8Array(40).fill(7),
  'the same again and again, '.repeat(8),
]

/** Every decoder that meets bytes which somebody else may have changed. */
export function targets(): Target[] {
  const deflate = (engine: 'zlib' | 'fflate') => compress({ ...SMALL, engine })
  const zlib = deflate('zlib')
  return [
    target('msgpack in an envelope', [], 58),
    target('deflate by zlib', [zlib], 7),
    // Each reads what the other wrote, and zlib writes in a third of the time.
    target('deflate by fflate', [deflate('fflate')], 4, [zlib]),
    target('zstd', [compress({ ...SMALL, algorithm: 'zstd' })], 5),
    target('signed', [seal({ keys, mode: 'sign' })], 13),
    target('encrypted', [seal({ keys })], 8),
    target('compressed and signed', [zlib, seal({ keys, mode: 'sign' })], 3),
    target('compressed and encrypted', [zlib, seal({ keys })], 2),
  ]
}

/** Where on the way from a value to what is stored an input is changed; what follows is done to it as it should be. */
type Step =
  | { readonly at: 'value' | 'head' | 'ids' | 'whole' }
  | { readonly at: 'before' | 'after'; readonly stage: CodecStage }

/** @param writing the stages as the attacker has them */
function target(name: string, stages: readonly CodecStage[], share: number, writing = stages): Target {
  const codec = standardCodec(stages)
  const plain = standardCodec()
  const isSealed = stages.some((stage) => stage.required)
  const seeds = VALUES.map((value) => ({
    raw: partsOf(plain.encode(value, infoOf()) as Uint8Array).payload,
    ...partsOf(codec.encode(value, infoOf()) as Uint8Array),
  }))
  const steps: Step[] = [
    ...([{ at: 'value' }, { at: 'head' }, { at: 'ids' }, { at: 'whole' }] as const),
    ...writing.flatMap((stage) => [{ at: 'before', stage } as const, { at: 'after', stage } as const]),
  ]

  function make(random: Random): Input {
    const seed = random.pick(seeds)
    const step = random.oneIn(4) ? (steps[0] as Step) : random.pick(steps)
    switch (step.at) {
      case 'value': {
        const raw = random.oneIn(3) ? mutated(seed.raw, random) : anyMsgpack(random)
        return { bytes: envelopeOf(staged(seed.head, raw, step, random)), isForged: false }
      }
      // What a seal covers was changed after it was put on.
      case 'head':
        return { bytes: envelopeOf({ ...seed, head: headOf(seed.head, random) }), isForged: isSealed }
      case 'ids':
        return { bytes: envelopeOf({ ...seed, ids: idsOf(seed.ids, random) }), isForged: isSealed }
      case 'whole':
        return { bytes: mutated(envelopeOf(seed), random), isForged: true }
      default: {
        const isForged = step.at === 'after' && step.stage.required === true
        return { bytes: envelopeOf(staged(seed.head, seed.raw, step, random)), isForged }
      }
    }
  }

  /** Does what the codec does after serialization, but for one step. */
  function staged(head: Uint8Array, raw: Uint8Array, step: Step, random: Random): Parts {
    const ids: number[] = []
    let said = withLength(head, raw.length)
    let payload = raw
    for (const stage of writing) {
      const change = 'stage' in step && step.stage === stage ? step.at : undefined
      // A seal that fits, on a head with lies in it.
      if (change === 'before' && stage.required) said = headOf(said, random)
      const made = stage.encode(payload, Buffer.concat([said, Uint8Array.from(ids)])) as Uint8Array | undefined
      if (made !== undefined) ids.push(stage.id)
      payload = made ?? payload
      if (change === 'after') payload = mutated(payload, random)
      // A length that is a lie, with the bytes as they were: more or less than comes of them, or a bomb.
      if (change === 'before' && !stage.required) {
        said = withLength(said, random.oneIn(2) ? random.below(MOST + 10) : random.below(2 ** 32))
      }
    }
    return { head: said, ids, payload }
  }

  return { name, codec, stages, share, make }
}

function withLength(head: Uint8Array, length: number): Uint8Array {
  const copy = Uint8Array.from(head)
  new DataView(copy.buffer).setUint32(64, length, true)
  return copy
}

/** A head with something changed in it, more often in the fields than in the names; never only in nothing. */
function headOf(head: Uint8Array, random: Random): Uint8Array {
  if (random.oneIn(4)) return mutated(head, random)
  return Buffer.concat([head.subarray(0, 4), mutated(head.subarray(4, 68), random), head.subarray(68)])
}

function idsOf(ids: readonly number[], random: Random): number[] {
  const changed = [...mutated(Uint8Array.from(ids), random)].slice(0, 255)
  return changed.join() === ids.join() ? [...ids, 1] : changed
}
