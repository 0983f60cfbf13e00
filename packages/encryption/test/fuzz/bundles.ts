import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { type ImportReport, importBundle } from '@granary/codec'
import { type Entry, GranaryError, namespacePath } from '@granary/core'
import { mapStore } from '@granary/testkit'
import { infoOf } from '../entries.js'
import { mutated } from './mutations.js'
import { type Random, randomFrom } from './random.js'
import { whyWrong } from './right-value.js'
import { type Target, targets } from './targets.js'

/** Longest that a bundle may take, in ms; what took longer is tried again as often. */
const LONGEST = 50
const REPEATS = 3

export type Import = typeof importBundle

/** A bundle that somebody has made up. */
interface Made {
  readonly bytes: Buffer
  /** Records whose checksum or seal fits. */
  readonly believable: number
  readonly isWhole: boolean
}

export interface BundlesReport {
  readonly bundles: number
  readonly imported: number
  readonly refused: ReadonlyMap<string, number>
  readonly finding: { readonly target: string; readonly why: string; readonly hex: string } | undefined
}

/** Imports bundles whose entries are made as for the codecs, and stops at the first finding. */
export async function fuzzBundles(
  bundles: number,
  seed: number,
  importing: Import = importBundle,
): Promise<BundlesReport> {
  const random = randomFrom(seed)
  const all = targets()
  const refused = new Map<string, number>()
  let imported = 0
  for (let done = 1; done <= bundles; done++) {
    const target = random.pick(all)
    const made = bundleOf(target, random)
    const { why, counts } = await attack(importing, target, made, random)
    if (why !== undefined) {
      const finding = { target: target.name, why, hex: made.bytes.toString('hex') }
      return { bundles: done, imported, refused, finding }
    }
    for (const [reason, count] of Object.entries(counts.refused as Record<string, number>))
      refused.set(reason, (refused.get(reason) ?? 0) + count)
    imported += counts.imported
  }
  return { bundles, imported, refused, finding: undefined }
}

function bundleOf(target: Target, random: Random): Made {
  const inputs = Array.from({ length: random.below(4) }, () => target.make(random))
  const before = Buffer.concat([Buffer.of(0x47, 0x52, 0x42, 1), ...inputs.map(({ bytes }) => recordOf(bytes))])
  const sha256 = Uint8Array.from(createHash('sha256').update(before).digest())
  const entries = inputs.length + (random.oneIn(10) ? 1 : 0)
  const end = target.codec.encode(
    { entries, sha256 },
    infoOf('end', { namespace: namespacePath('', 'granary bundle') }),
  )
  const whole = Buffer.concat([before, recordOf(end as Uint8Array)])
  const isChanged = random.oneIn(3)
  return {
    bytes: isChanged ? Buffer.concat([whole.subarray(0, 4), mutated(whole.subarray(4), random)]) : whole,
    believable: inputs.filter(({ isForged }) => !isForged).length,
    isWhole: !isChanged && entries === inputs.length,
  }
}

function recordOf(envelope: Uint8Array): Buffer {
  const frame = Buffer.alloc(8)
  frame.writeUInt32LE(envelope.length)
  frame.writeUInt32LE(crc32(frame.subarray(0, 4)), 4)
  return Buffer.concat([frame, envelope])
}

interface Counts {
  readonly imported: number
  readonly refused: ImportReport['refused']
}

async function attack(importing: Import, target: Target, made: Made, random: Random) {
  const pieceLength = 1 + random.below(made.bytes.length)
  let best = await measured(importing, target, made, pieceLength)
  for (let again = 0; again < REPEATS && best.ms > LONGEST; again++)
    best = await measured(importing, target, made, pieceLength)
  return best.ms > LONGEST ? { ...best, why: `it took ${best.ms.toFixed()} ms` } : best
}

async function measured(
  importing: Import,
  { codec, stages }: Target,
  { bytes, believable, isWhole }: Made,
  pieceLength: number,
): Promise<{ why: string | undefined; counts: Counts; ms: number }> {
  const rows = new Map<string, Entry>()
  const start = performance.now()
  const failed = (why: string) => ({ why, counts: { imported: 0, refused: {} }, ms: performance.now() - start })
  try {
    const report = await importing(mapStore({ map: rows }), inPieces(bytes, pieceLength), { codec: stages })
    const ms = performance.now() - start
    const wrong = [...rows.values()].map(({ value }) => whyWrong(value, codec, true)).find((why) => why !== undefined)
    if (wrong !== undefined) return failed(wrong)
    if (report.imported > believable) return failed('a forgery was imported')
    if (report.isWhole !== isWhole) return failed(`it was ${report.isWhole ? '' : 'not '}taken for whole`)
    return { why: undefined, counts: report, ms }
  } catch (error) {
    return failed(`it failed with ${error instanceof GranaryError ? error.code : error}`)
  }
}

async function* inPieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}
