import { readFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { exportBundle, importBundle, standardCodec } from '@granary/codec'
import { compress } from '@granary/compression'
import { type Entry, namespacePath, physicalKey } from '@granary/core'
import { entryOf, FakeClock, mapStore } from '@granary/testkit'
import { describe, expect, it } from 'vitest'
import { type SealOptions, seal } from '../src/seal.js'
import { envelopeOf, infoOf, keyOf, type Parts, partsOf } from './entries.js'

const [A, B] = [keyOf(1), keyOf(2)] as const
const clock = new FakeClock(Date.UTC(2026, 0, 1))
const users = namespacePath('', 'users')
const tenants = namespacePath('', 'tenants')

function rowsOf(): Map<string, Entry> {
  const entry = (value: unknown, info: Partial<Entry>) => entryOf(value, { createdAt: clock.now(), ...info })
  return new Map([
    [physicalKey(users, '42'), entry({ name: 'Ada' }, { namespace: users, tags: ['team'] })],
    [physicalKey(users, '43'), entry({ name: 'Bob' }, { namespace: users, tags: ['team'] })],
    [physicalKey(tenants, '42'), entry('of another', { namespace: tenants, tags: ['team'] })],
    [physicalKey(users, '44'), entry('long, '.repeat(1_000), { namespace: users, freshUntil: clock.now() + 60_000 })],
  ])
}

const stagesOf = (options: SealOptions) => [compress(), seal(options)]

async function bundleOf(options: SealOptions, rows = rowsOf()): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of exportBundle(mapStore({ map: rows }), { clock, codec: stagesOf(options) }))
    pieces.push(piece)
  return Buffer.concat(pieces)
}

async function imported(bundle: Uint8Array, options: SealOptions) {
  const rows = new Map<string, Entry>()
  const stream = new Blob([Uint8Array.from(bundle)]).stream()
  return { rows, report: await importBundle(mapStore({ map: rows }), stream, { clock, codec: stagesOf(options) }) }
}

/** The envelopes of a bundle, the end's last. */
function envelopesIn(bundle: Buffer): Buffer[] {
  const envelopes: Buffer[] = []
  for (let at = 4; at < bundle.length; ) {
    const length = bundle.readUInt32LE(at)
    envelopes.push(bundle.subarray(at + 8, at + 8 + length))
    at += 8 + length
  }
  return envelopes
}

/** A bundle of these envelopes, as one writes it who knows the format and has no key. */
function bundleWith(envelopes: readonly Uint8Array[]): Buffer {
  const records = envelopes.flatMap((envelope) => {
    const frame = Buffer.alloc(8)
    frame.writeUInt32LE(envelope.length)
    frame.writeUInt32LE(crc32(frame.subarray(0, 4)), 4)
    return [frame, envelope]
  })
  return Buffer.concat([Buffer.of(0x47, 0x52, 0x42, 1), ...records])
}

describe.each(['sign', 'encrypt'] as const)('N6, N10: a sealed bundle (%s)', (mode) => {
  const options = { keys: [A], mode }

  it('is read as it was', async () => {
    const { rows, report } = await imported(await bundleOf(options), options)
    expect(rows).toStrictEqual(rowsOf())
    expect(report).toEqual({ imported: 4, refused: {}, isWhole: true })
  })

  it.each<[string, (first: Parts, others: Parts[]) => Parts]>([
    ['moved', (first, [second]) => ({ ...first, head: (second as Parts).head })],
    ['foreign-namespace', (first, [, third]) => ({ ...first, head: (third as Parts).head })],
    ['aged', (first) => ({ ...first, head: changed(first.head, 22) })],
    ['retagged', (first) => ({ ...first, head: first.head.with(-1, first.head.at(-1) === 0x41 ? 0x42 : 0x41) })],
    ['truncated', (first) => ({ ...first, payload: first.payload.slice(0, -1) })],
    ['forged', (first) => ({ ...first, payload: changed(first.payload, first.payload.length - 1) })],
    ['unsealed', (first) => ({ ...first, ids: [], payload: Uint8Array.of(1) })],
  ])('refuses an entry that is %s, and imports the others', async (reason, change) => {
    const [first, ...others] = envelopesIn(await bundleOf(options)).map(partsOf) as [Parts, ...Parts[]]
    const { rows, report } = await imported(bundleWith([change(first, others), ...others].map(envelopeOf)), options)
    expect(report).toEqual({ imported: 3, refused: { [reason]: 1 }, isWhole: false })
    expect([...rows.values()]).toEqual([...rowsOf().values()].slice(1))
  })

  it('refuses all of it with a retired key: unknown-key', async () => {
    const names = mode === 'encrypt' ? { names: A } : {}
    const bundle = await bundleOf({ ...options, ...names })
    const { report } = await imported(bundle, { keys: [B], mode, ...names })
    expect(report).toEqual({ imported: 0, refused: { 'unknown-key': 5 }, isWhole: false })
    expect((await imported(bundle, { keys: [B, A], mode, ...names })).report.imported).toBe(4)
  })

  it('is not whole with an entry left out, there twice, or from another bundle, whatever its end is made to say', async () => {
    const [one, two, ...rest] = envelopesIn(await bundleOf(options)) as [Buffer, Buffer, ...Buffer[]]
    const older = rowsOf()
    older.set(physicalKey(users, '42'), entryOf('of last month', { createdAt: 5, namespace: users }))
    const other = envelopesIn(await bundleOf(options, older))
    const openEnd = standardCodec().encode(
      { entries: 3, sha256: new Uint8Array(32) },
      infoOf('end', { namespace: namespacePath('', 'granary bundle') }),
    ) as Uint8Array
    for (const envelopes of [
      [two, ...rest],
      [one, one, two, ...rest],
      [other[0] as Buffer, two, ...rest],
      [one, two, ...rest.slice(0, -1), other.at(-1) as Buffer],
      [two, ...rest.slice(0, -1), openEnd],
      [one, two, ...rest.slice(0, -1)],
    ]) {
      expect((await imported(bundleWith(envelopes), options)).report.isWhole).toBe(false)
    }
    expect((await imported(bundleWith([one, two, ...rest]), options)).report.isWhole).toBe(true)
  })
})

describe('N10, fault 41: a bundle that version 1 wrote sealed', () => {
  const fixture = readFileSync(new URL('./fixtures/bundle-1.json', import.meta.url), 'utf8')
  const stored = JSON.parse(fixture) as Record<string, string>

  it.each(['sign', 'encrypt'] as const)('is read: %s', async (mode) => {
    const { rows, report } = await imported(Buffer.from(stored[mode] as string, 'hex'), { keys: [A], mode })
    expect(report).toEqual({ imported: 4, refused: {}, isWhole: true })
    expect(rows).toStrictEqual(rowsOf())
  })
})

/** With the lowest bit of one byte flipped. */
function changed(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.with(at, (bytes[at] as number) ^ 1)
}
