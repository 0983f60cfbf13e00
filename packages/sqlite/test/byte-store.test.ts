import { namespacePath } from '@granary/core'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { bytesOf, lookAt, openBytes, tempFile, textOf } from './support/files.js'

const HOSTILE = [
  ...['', ' ', '\0', 'a\0b', 'a\0c', 'line\nbreak', '\r\n', '%', '*', '?', "'; DROP TABLE entry; --", '"quoted"'],
  ...[
    '../../etc/passwd',
    '👩‍🚀',
    '\u00e9',
    'e\u0301',
    '\u{10ffff}',
    '\uffff',
    '\x01',
    'x'.repeat(65_536),
    `${'x'.repeat(65_535)}y`,
  ],
]

it('P7: what waits to be written is bounded: beyond 64 MB results of computations are refused, and sets wait', async () => {
  const path = tempFile()
  const store = openBytes({ path })
  const since = await lookAt(store, 'k')
  await store.set('before', bytesOf('value'))
  const other = new Database(path)
  other.exec('BEGIN IMMEDIATE')
  const failures: unknown[] = []
  store.observe(({ error }) => failures.push((error as Error).message))
  const large = { ...bytesOf(''), value: new Uint8Array(1024 ** 2) }
  const computed = Array.from({ length: 70 }, (_, i) => store.set(`computed ${i}`, large, since))
  const explicit = store.set('explicit', bytesOf('value'))
  expect(await computed.at(-1)).toEqual({ stored: false, reason: 'failed' })
  expect(failures[0]).toMatch(/^64 MB wait to be written/)
  other.exec('COMMIT')
  other.close()
  expect((await Promise.all(computed)).filter(({ stored }) => stored).length).toBeGreaterThanOrEqual(45)
  expect(await explicit).toEqual({ stored: true })
  expect(await store.set('later', large, await lookAt(store, 'later'))).toEqual({ stored: true })
})

describe('the fence (P1, P2, fault 16)', () => {
  it('refuses what was computed before its key was deleted', async () => {
    const store = openBytes()
    const since = await lookAt(store, 'k')
    await store.delete('k')
    expect(await store.set('k', bytesOf('late'), since)).toEqual({ stored: false, reason: 'overtaken' })
    expect(await store.set('k', bytesOf('now'), await lookAt(store, 'k'))).toEqual({ stored: true })
  })

  it.each([
    ['a tag of it', { tag: 't' }],
    ['its namespace', { namespace: namespacePath(namespacePath('', 'a'), 'b') }],
    ['a namespace above it', { namespace: namespacePath('', 'a') }],
    ['the root', { namespace: '' }],
  ])('refuses what was computed before %s was invalidated', async (_, mark) => {
    const store = openBytes()
    const info = { namespace: namespacePath(namespacePath('', 'a'), 'b'), tags: ['s', 't'] }
    const since = await lookAt(store, 'k')
    await store.set('older', bytesOf('older', info), since)
    await store.invalidate([mark])
    expect(await store.set('k', bytesOf('late', info), since)).toEqual({ stored: false, reason: 'invalidated' })
    expect(await textOf(store, 'older')).toBeUndefined()
    expect(await store.delete('older')).toBe(false)
  })

  it('lets the first of two computations win, and a set over both', async () => {
    const store = openBytes()
    const since = await lookAt(store, 'k')
    expect(await store.set('k', bytesOf('first'), since)).toEqual({ stored: true })
    expect(await store.set('k', bytesOf('second'), since)).toEqual({ stored: false, reason: 'overtaken' })
    const later = await lookAt(store, 'k')
    expect(await store.set('k', bytesOf('set'))).toEqual({ stored: true })
    expect(await store.set('k', bytesOf('third'), later)).toEqual({ stored: false, reason: 'overtaken' })
    expect(await textOf(store, 'k')).toBe('set')
  })

  it('refuses a position of another history', async () => {
    const store = openBytes()
    const since = (await lookAt(store, 'k')) as number
    for (const other of [0, since - 1, since + 1e9, [since]]) {
      expect(await store.set('k', bytesOf('v'), other)).toEqual({ stored: false, reason: 'forgotten' })
    }
  })

  it('goes on when the versions of a stride are used up', async () => {
    const store = openBytes()
    for (let i = 0; i < 4_200; i++) void store.set('k', bytesOf(`set ${i}`))
    expect(await textOf(store, 'k')).toBe('set 4199')
    for (let i = 0; i < 4_200; i++) {
      expect(await store.set('l', bytesOf(`computed ${i}`), await lookAt(store, 'l'))).toEqual({ stored: true })
    }
    const before = await lookAt(store, 'l')
    await store.invalidate([{ tag: 't' }])
    expect(await store.set('l', bytesOf('late', { tags: ['t'] }), before)).toEqual({
      stored: false,
      reason: 'invalidated',
    })
  })
})

describe('reads', () => {
  it('see what was called before them, before it is committed (P3)', async () => {
    const store = openBytes()
    const seen = [
      ...[store.set('k', bytesOf('1')), store.get('k'), store.set('k', bytesOf('2')), store.get('k')],
      ...[store.delete('k'), store.get('k'), store.set('k', bytesOf('3')), store.clear(), store.get('k')],
    ]
    const found = await Promise.all(seen)
    const texts = [1, 3, 5, 8].map((at) => (found[at] as { value?: Uint8Array } | undefined)?.value)
    expect(texts.map((value) => value && Buffer.from(value).toString())).toEqual(['1', '2', undefined, undefined])
  })

  it('take one key for another never, whatever is in it (faults 12, 14, 44)', async () => {
    const store = openBytes()
    await Promise.all(HOSTILE.map((key, at) => store.set(key, bytesOf(String(at)))))
    for (const [at, key] of HOSTILE.entries()) expect(await textOf(store, key)).toBe(String(at))
    const many = await store.getMany(HOSTILE)
    expect(many.map((entry) => Buffer.from(entry?.value ?? []).toString())).toEqual(HOSTILE.map((_, at) => String(at)))
    const listed: string[] = []
    for await (const { key } of store.entries()) listed.push(key)
    expect(listed.sort()).toEqual([...HOSTILE].sort())
    for (const key of HOSTILE) expect(await store.delete(key)).toBe(true)
    expect(await store.stats()).toEqual({ entries: 0, bytes: 0 })
  })

  it('refuse a key that UTF-8 cannot hold (fault 44)', () => {
    const store = openBytes()
    expect(() => store.get('\ud800')).toThrow(expect.objectContaining({ code: 'INVALID_KEY' }))
  })

  it('take an entry of another key with the same hash for a miss (P6, fault 14)', async () => {
    const path = tempFile()
    const store = openBytes({ path })
    await store.set('mine', bytesOf('mine'))
    const db = new Database(path)
    db.prepare('UPDATE entry SET name = ?').run('other')
    db.close()
    expect(await store.get('mine')).toBeUndefined()
    expect(await store.getMany(['mine', 'x'])).toEqual([undefined, undefined])
    expect(await store.delete('mine')).toBe(false)
    expect(await store.set('mine', bytesOf('again'))).toEqual({ stored: true })
    expect(await textOf(store, 'mine')).toBe('again')
  })
})

describe('what is too large (fault 40)', () => {
  it('is refused, and an explicit set leaves no older value behind', async () => {
    const store = openBytes({ maxBytes: 10_000 })
    await store.set('k', bytesOf('small'))
    const since = await lookAt(store, 'k')
    const refusal = { stored: false, reason: 'too-large' }
    expect(await store.set('k', bytesOf('x'.repeat(10_000)), since)).toEqual(refusal)
    expect(await textOf(store, 'k')).toBe('small')
    expect(await store.set('k', bytesOf('x'.repeat(10_000)))).toEqual(refusal)
    expect(await textOf(store, 'k')).toBeUndefined()
    expect(await store.set('k', bytesOf('late'), since)).toEqual({ stored: false, reason: 'overtaken' })
  })
})

describe('a store that cannot open its file (P7, fault 38)', () => {
  it('throws on reads, refuses sets, and tells of it', async () => {
    const store = openBytes({ path: '/dev/null/granary.db' })
    const failures: unknown[] = []
    store.observe(({ operation, key }) => failures.push({ operation, key }))
    await expect((async () => store.get('k'))()).rejects.toThrow()
    expect(await store.set('k', bytesOf('v'))).toEqual({ stored: false, reason: 'failed' })
    expect(failures).toEqual([{ operation: 'set', key: 'k' }])
    await expect(store.delete('k')).rejects.toThrow()
    await store.close()
  })
})

describe('close', () => {
  it('writes out what is queued, may be called twice, and ends the store', async () => {
    const path = tempFile()
    const store = openBytes({ path })
    const write = store.set('k', bytesOf('v'))
    await Promise.all([store.close(), store.close()])
    expect(await write).toEqual({ stored: true })
    expect(await store.set('k', bytesOf('v'))).toEqual({ stored: false, reason: 'closed' })
    expect(() => store.get('k')).toThrow(expect.objectContaining({ code: 'CLOSED' }))
    await expect(store.stats()).rejects.toThrow(expect.objectContaining({ code: 'CLOSED' }))
    expect(await textOf(openBytes({ path }), 'k')).toBe('v')
  })

  it('leaves no listener on the process, and many stores have one', async () => {
    const before = process.listenerCount('exit')
    const stores = Array.from({ length: 20 }, () => openBytes())
    expect(process.listenerCount('exit')).toBe(before + 1)
    for (const store of stores) await store.close()
    expect(process.listenerCount('exit')).toBe(before)
  })
})

it('two handles of one file see each other’s writes and marks (P2)', async () => {
  const path = tempFile()
  const a = openBytes({ path })
  const b = openBytes({ path })
  await a.set('k', bytesOf('a', { tags: ['t'] }))
  expect(await textOf(b, 'k')).toBe('a')
  const since = await lookAt(b, 'k')
  await a.invalidate([{ tag: 't' }])
  expect(await textOf(b, 'k')).toBeUndefined()
  expect(await b.set('k', bytesOf('late', { tags: ['t'] }), since)).toEqual({ stored: false, reason: 'invalidated' })
})
