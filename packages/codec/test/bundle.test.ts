import { isDeepStrictEqual } from 'node:util'
import { type Entry, GranaryError, namespacePath, physicalKey, type Store } from '@granary/core'
import { entryOf, FakeClock, historyStore, mapStore } from '@granary/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FRAME, frameOf, HEADER } from '../src/bundle.js'
import { type ExportOptions, exportBundle } from '../src/export-bundle.js'
import { type ImportOptions, importBundle } from '../src/import-bundle.js'
import { standardCodec } from '../src/standard-codec.js'
import { errorOf, infoOf, shift } from './envelopes.js'
import { anyValue, runs } from './values.js'

const NOW = Date.UTC(2026, 0, 1)
const clock = new FakeClock(NOW)
const users = namespacePath('', 'users')
const admins = namespacePath(users, 'admins')

type Rows = Map<string, Entry>

function rowsOf(...items: readonly (readonly [namespace: string, key: string, entry: Partial<Entry>])[]): Rows {
  return new Map(
    items.map(([namespace, key, entry]) => [
      physicalKey(namespace, key),
      entryOf(entry.value, { createdAt: NOW - 1_000, namespace, ...entry }),
    ]),
  )
}

const few = () =>
  rowsOf(
    ['', 'root', { value: 1, tags: ['a', 'b'] }],
    [users, '42', { value: { name: 'Ada', at: new Date(5) }, computeMs: 12.5, cost: 3, freshUntil: NOW + 1_000 }],
    [users, '43', { value: new Uint8Array([1, 2, 3]), tags: ['b'] }],
    [admins, '42', { value: undefined, createdAt: NOW - 60_000 }],
    [namespacePath('', 'userss'), '42', { value: 'another namespace', createdAt: NOW - 120_000 }],
  )

async function bundleOf(rows: Rows, options: ExportOptions = {}): Promise<Buffer> {
  return all(exportBundle(mapStore({ map: rows }), { clock, ...options }))
}

async function all(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of stream) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function* inPieces(bytes: Uint8Array, length = bytes.length): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

async function imported(bytes: Uint8Array, options: ImportOptions & { rows?: Rows; length?: number } = {}) {
  const { rows = new Map(), length, ...own } = options
  return { rows, report: await importBundle(mapStore({ map: rows }), inPieces(bytes, length), { clock, ...own }) }
}

/** Where each record of a bundle begins, the end record's last, and the length of it all. */
function bordersOf(bundle: Buffer): number[] {
  const borders = [HEADER.length]
  for (let at = HEADER.length; at < bundle.length; ) {
    at += FRAME + bundle.readUInt32LE(at)
    borders.push(at)
  }
  return borders
}

/** The bundle with one of its records replaced. */
function withRecord(bundle: Buffer, index: number, change: (envelope: Buffer) => Uint8Array): Buffer {
  const borders = bordersOf(bundle)
  const [start, end] = [borders[index] as number, borders[index + 1] as number]
  const envelope = change(Buffer.from(bundle.subarray(start + FRAME, end)))
  return Buffer.concat([bundle.subarray(0, start), frameOf(envelope.length), envelope, bundle.subarray(end)])
}

describe('N10: a bundle', () => {
  it('brings entries back as they were: values, names, tags, times, costs', async () => {
    const { rows, report } = await imported(await bundleOf(few()))
    expect(rows).toStrictEqual(few())
    expect(report).toEqual({ imported: 5, refused: {}, isWhole: true })
  })

  it('of nothing is a bundle too', async () => {
    expect((await imported(await bundleOf(new Map()))).report).toEqual({ imported: 0, refused: {}, isWhole: true })
  })

  it('brings any values back, under any names, in pieces of any length', async () => {
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 })
    const item = fc.tuple(fc.array(name, { maxLength: 3 }), fc.string({ unit: 'binary' }), anyValue, fc.array(name))
    await fc.assert(
      fc.asyncProperty(fc.array(item), fc.integer({ min: 1, max: 300 }), async (items, length) => {
        const rows = rowsOf(
          ...items.map(([names, key, value, tags]) => {
            return [names.reduce(namespacePath, ''), key, { value, tags }] as const
          }),
        )
        const result = await imported(await bundleOf(rows), { length })
        // Own properties called `constructor` confuse toStrictEqual.
        expect(isDeepStrictEqual(result.rows, rows)).toBe(true)
        expect(result.report.isWhole).toBe(true)
      }),
      runs(100),
    )
  })

  it.each<[string, ExportOptions, string[]]>([
    ['a namespace and those below', { namespace: ['users'] }, ['5:users;42', '5:users;43', '5:users6:admins;42']],
    ['a namespace below another', { namespace: ['users', 'admins'] }, ['5:users6:admins;42']],
    ['any of some tags', { tags: ['b', 'c'] }, ['root', '5:users;43']],
    ['no tags', { tags: [] }, []],
    ['an age', { maxAge: '1m' }, ['root', '5:users;42', '5:users;43', '5:users6:admins;42']],
    ['all of these', { namespace: ['users'], tags: ['b'], maxAge: 1_000 }, ['5:users;43']],
  ])('can be of a part, by %s', async (_, options, keys) => {
    const { rows } = await imported(await bundleOf(few(), options))
    expect([...rows.keys()].map((key) => key.replace('\u0001', ''))).toEqual(keys)
  })

  it('has nothing in it that is expired, gone or a cached error', async () => {
    const rows = few()
    rows.set('expired', entryOf(1, { freshUntil: NOW, staleUntil: NOW }))
    rows.set('stale', entryOf(1, { freshUntil: NOW - 1, staleUntil: NOW + 1 }))
    rows.set('error', entryOf(undefined, { rejection: 'Error' }))
    const store: Store = {
      ...mapStore({ map: rows }),
      get: (key) => (key === 'root' ? undefined : rows.get(key)),
    }
    const found = await imported(await all(exportBundle(store, { clock })))
    expect(found.rows.has('stale')).toBe(true)
    expect(found.report).toMatchObject({ imported: 5, isWhole: true })
  })

  it('goes through stages, asynchronous ones too', async () => {
    const codec = [shift(200, 1), shift(201, 2, { late: true, required: true })]
    const bundle = await bundleOf(few(), { codec })
    expect((await imported(bundle, { codec })).rows).toStrictEqual(few())
    expect((await imported(await bundleOf(few()), { codec })).report).toEqual({
      imported: 0,
      refused: { unsealed: 6 },
      isWhole: false,
    })
  })

  it('is read into a store with a history as what is set there: marks from before do not cover it', async () => {
    const store = historyStore() as Store
    await store.invalidate?.([{ namespace: '' }])
    await importBundle(store, inPieces(await bundleOf(few())), { clock })
    expect((await store.get(physicalKey(users, '42')))?.value).toEqual({ name: 'Ada', at: new Date(5) })
  })
})

describe('N10, fault 36: a bundle that is not intact', () => {
  it('gives the entries before the cut, at every byte of it', async () => {
    const bundle = await bundleOf(few())
    const borders = bordersOf(bundle)
    for (let length = HEADER.length; length < bundle.length; length++) {
      const { rows, report } = await imported(bundle.subarray(0, length))
      const whole = Math.min(5, borders.filter((border) => border <= length).length - 1)
      const isInRecord = length >= (borders.findLast((border) => border <= length) as number) + FRAME
      expect([...rows]).toStrictEqual([...few()].slice(0, whole))
      expect(report).toEqual({ imported: whole, refused: isInRecord ? { truncated: 1 } : {}, isWhole: false })
    }
  })

  it('gives no entry that was not there, whatever bit is flipped, and says that it is not whole', async () => {
    const bundle = await bundleOf(few())
    const intact = few()
    for (let bit = HEADER.length * 8; bit < bundle.length * 8; bit++) {
      const flipped = Buffer.from(bundle)
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
      const { rows, report } = await imported(flipped)
      expect(report.isWhole).toBe(false)
      for (const [key, entry] of rows) expect(entry).toStrictEqual(intact.get(key))
    }
  })

  it('gives the entries before and after a damaged one', async () => {
    const damaged = withRecord(await bundleOf(few()), 2, (envelope) => envelope.fill(0, 70, 74))
    const { rows, report } = await imported(damaged)
    expect([...rows.keys()]).toEqual([...few().keys()].filter((_, i) => i !== 2))
    expect(report).toEqual({ imported: 4, refused: { damaged: 1 }, isWhole: false })
  })

  it('says so when an entry is left out, added, or moved, or something follows', async () => {
    const bundle = await bundleOf(few())
    const [start, second, third] = bordersOf(bundle) as [number, number, number]
    const [before, one, two, rest] = [
      bundle.subarray(0, start),
      bundle.subarray(start, second),
      bundle.subarray(second, third),
      bundle.subarray(third),
    ]
    for (const parts of [
      [before, one, rest],
      [before, one, one, two, rest],
      [before, two, one, rest],
      [before, one, two, rest, Buffer.of(0)],
      [before, one, two, rest, bundle],
    ]) {
      expect((await imported(Buffer.concat(parts))).report.isWhole).toBe(false)
    }
  })

  it.each([
    ['no bytes', [], 'truncated'],
    ['a cut header', [0x47, 0x52], 'truncated'],
    ['another file', [...Buffer.from('SQLite format 3\0')], 'damaged'],
    ['another version', [0x47, 0x52, 0x42, 2, 0, 0], 'unknown-format'],
  ])('that is none is CORRUPT: %s', async (_, bytes, reason) => {
    const error = (await errorOf(() => imported(Uint8Array.from(bytes)))) as GranaryError
    expect([error.code, error.reason]).toEqual(['CORRUPT', reason])
  })
})

describe('N10: an entry of a bundle is left out, and counted, when', () => {
  const withEntry = async (info: Partial<ReturnType<typeof infoOf>>) =>
    withRecord(await bundleOf(few()), 1, () => {
      return standardCodec().encode('made up', infoOf('42', { freshUntil: NOW + 1, ...info })) as Uint8Array
    })

  it.each([
    ['it has expired', { createdAt: NOW - 9, freshUntil: NOW - 5, staleUntil: NOW }, 'expired'],
    ['it was made when it had ended', { createdAt: NOW, freshUntil: NOW - 1 }, 'times'],
    ['it is stale before it is not fresh', { staleUntil: NOW - 1 }, 'times'],
    ['a time is none', { createdAt: Number.NaN }, 'times'],
    ['a time is for ever', { createdAt: Number.POSITIVE_INFINITY, freshUntil: Number.POSITIVE_INFINITY }, 'times'],
    ['its cost is none', { cost: Number.NaN }, 'times'],
    ['its key is none that a cache has', { key: '\u00015:users' }, 'damaged'],
  ])('%s', async (_, info, why) => {
    const { rows, report } = await imported(await withEntry(info))
    expect(report).toEqual({ imported: 4, refused: { [why]: 1 }, isWhole: false })
    expect(rows.size).toBe(4)
  })

  it('the store has one that was made later, or at the same time', async () => {
    const rows = rowsOf(
      [users, '42', { value: 'later', createdAt: NOW }],
      [users, '43', { value: 'before', createdAt: 1 }],
    )
    const { report } = await imported(await bundleOf(few()), { rows })
    expect(report).toEqual({ imported: 4, refused: { older: 1 }, isWhole: true })
    expect(rows.get(physicalKey(users, '42'))?.value).toBe('later')
    expect(rows.get(physicalKey(users, '43'))?.value).toEqual(new Uint8Array([1, 2, 3]))
    expect((await imported(await bundleOf(few()), { rows })).report.refused).toEqual({ older: 5 })
  })

  it('it is longer than is allowed, which is passed over', async () => {
    const rows = few()
    rows.set('large', entryOf('x'.repeat(10_000), { createdAt: NOW }))
    rows.set('after', entryOf(1, { createdAt: NOW }))
    const { report } = await imported(await bundleOf(rows), { maxEntryBytes: 5_000, length: 100 })
    expect(report).toEqual({ imported: 6, refused: { 'too-large': 1 }, isWhole: true })
  })

  it('the store does not take it', async () => {
    const store: Store = { ...mapStore(), set: () => ({ stored: false, reason: 'too-large' }) }
    const report = await importBundle(store, inPieces(await bundleOf(few())), { clock })
    expect(report).toEqual({ imported: 0, refused: { 'not-stored': 5 }, isWhole: true })
  })
})

describe('N10: memory is bounded', () => {
  const many = rowsOf(...Array.from({ length: 500 }, (_, i) => ['', `${i}`, { value: `value ${i}` }] as const))

  it('an entry is read when the stream comes to it', async () => {
    let read = 0
    const store: Store = {
      ...mapStore({ map: many }),
      get(key) {
        read++
        return many.get(key)
      },
    }
    const stream = exportBundle(store, { clock })
    for (let pulled = 0; pulled < 10; pulled++) await stream.next()
    expect(read).toBe(9)
    await stream.return()
  })

  it('no more is read than is being stored', async () => {
    const bundle = await bundleOf(many)
    let pulled = 0
    async function* counting() {
      for await (const piece of inPieces(bundle, 150)) {
        pulled++
        yield piece
      }
    }
    const gate = Promise.withResolvers<void>()
    const store = mapStore()
    const slow: Store = { ...store, set: async (...args) => gate.promise.then(() => store.set(...args)) }
    const importing = importBundle(slow, counting(), { clock })
    // Long enough for all of it, if nothing held it back.
    for (let turn = 0; turn < 2_000; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(pulled).toBeLessThan(100)
    gate.resolve()
    expect((await importing).imported).toBe(500)
  })

  it('a length that is a lie is not allocated', async () => {
    const before = process.memoryUsage().arrayBuffers
    const bytes = Buffer.concat([HEADER, frameOf(250 * 1024 ** 2), Buffer.alloc(100)])
    expect((await imported(bytes)).report.refused).toEqual({ truncated: 1 })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10 * 1024 ** 2)
  })
})

describe('N10: what goes wrong around a bundle', () => {
  it('in the store that is exported, or imported into, or in the stream, is told', async () => {
    const failing: Store = { ...mapStore({ map: few() }), get: () => Promise.reject(new Error('disk')) }
    await expect(
      exportBundle(failing, { clock })
        .next()
        .then(() => 'header'),
    ).resolves.toBe('header')
    await expect(all(exportBundle(failing, { clock }))).rejects.toThrow('disk')
    const full: Store = { ...mapStore(), set: () => Promise.reject(new Error('full')) }
    await expect(importBundle(full, inPieces(await bundleOf(few())), { clock })).rejects.toThrow('full')
    const broken = async function* () {
      yield HEADER
      throw new Error('connection')
    }
    await expect(importBundle(mapStore(), broken(), { clock })).rejects.toThrow('connection')
  })

  it('ends the stream also where not all of it is read', async () => {
    let ended = false
    async function* stream() {
      try {
        yield Buffer.from('no bundle at all')
        yield Buffer.from('and more of it')
      } finally {
        ended = true
      }
    }
    await errorOf(() => importBundle(mapStore(), stream(), { clock }))
    expect(ended).toBe(true)
  })

  it('is INVALID_OPTION, by name, where it is misuse', async () => {
    const { entries: _, ...listless } = mapStore()
    for (const [named, misuse] of [
      ['list', () => exportBundle(listless as Store)],
      ['worker', () => exportBundle(mapStore(), { worker: 'a' } as never)],
      ['namespace', () => exportBundle(mapStore(), { namespace: 'users' as never })],
      ['tags', () => exportBundle(mapStore(), { tags: [1] as never })],
      ['maxAge', () => exportBundle(mapStore(), { maxAge: -1 })],
      ['stream of bytes', () => importBundle(mapStore(), 'a.bundle' as never)],
      [
        'without an encoding',
        () => importBundle(mapStore(), new Blob(['GRB']).stream().pipeThrough(new TextDecoderStream()) as never),
      ],
      ['maxEntryBytes', () => importBundle(mapStore(), inPieces(HEADER), { maxEntryBytes: 'much' as never })],
    ] as const) {
      const error = (await errorOf(misuse)) as GranaryError
      expect(error).toBeInstanceOf(GranaryError)
      expect(error.message).toContain(named)
    }
  })
})
