import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Journal, Ledger, Store } from '@granary/core'
import { entryOf, FakeClock } from '@granary/testkit'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sqlite } from '../src/index.js'
import { keyHash } from '../src/key-hash.js'

let folder: string
let path: string
let clock: FakeClock
let stores: Store[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'granary-journal-'))
  path = join(folder, 'cache.db')
  clock = new FakeClock()
  stores = []
})

afterEach(async () => {
  for (const store of stores) await store.close?.()
  rmSync(folder, { recursive: true, force: true })
})

interface Recorded extends Store {
  readonly journal: Journal
  readonly ledger: Ledger
}

function open(options: { maxEntries?: number } = {}): Recorded {
  const store = sqlite({ path, clock, ...options }) as Recorded
  stores.push(store)
  return store
}

const entry = (tags: string[] = []) => {
  const at = clock.now()
  return entryOf('value', { tags, createdAt: at, freshUntil: at + 60_000, staleUntil: at + 60_000 })
}

/** Two keys whose ends share a slot. */
function neighbours(): [string, string] {
  const seen = new Map<number, string>()
  for (let i = 0; ; i++) {
    const slot = keyHash(`key ${i}`) % 16_384
    const other = seen.get(slot)
    if (other !== undefined) return [other, `key ${i}`]
    seen.set(slot, `key ${i}`)
  }
}

describe('N1: the fate of a key', () => {
  it('is known to every handle of the file, and after all were closed', async () => {
    const first = open()
    const second = open()
    await first.set('key', entry(['t']))
    clock.advance('1s')
    await second.delete('key')
    expect(await first.journal.fate('key')).toEqual({ cause: 'deleted', at: clock.now() })
    await first.set('other', entry(['t']))
    await second.invalidate?.([{ tag: 't' }])
    for (const store of [first, second]) await store.close?.()
    const third = open()
    expect(await third.journal.fate('key')).toMatchObject({ cause: 'deleted' })
    expect(await third.journal.fate('other')).toEqual({ cause: 'invalidated', at: clock.now(), by: { tag: 't' } })
  })

  it('is in its place among the writes', async () => {
    const store = open()
    const asked = []
    asked.push(store.journal.fate('key'))
    void store.set('key', entry())
    asked.push(store.journal.fate('key'))
    void store.delete('key')
    asked.push(store.journal.fate('key'))
    void store.journal.note('key', 'ttl', clock.now())
    asked.push(store.journal.fate('key'))
    expect((await Promise.all(asked)).map(({ cause }) => cause)).toEqual(['never-stored', 'kept', 'deleted', 'refused'])
  })

  it('is unknown, not never stored, where another key may have pushed its record out', async () => {
    const store = open()
    const [one, other] = neighbours()
    await store.set(one, entry())
    await store.delete(one)
    expect(await store.journal.fate(other)).toMatchObject({ cause: 'never-stored' })
    await store.set(other, entry())
    await store.delete(other)
    expect(await store.journal.fate(other)).toMatchObject({ cause: 'deleted' })
    expect(await store.journal.fate(one)).toEqual({ cause: 'unknown' })
  })

  it('a note is not taken while an older value is there, and ends with the next one', async () => {
    const store = open()
    await store.set('key', entry())
    await store.journal.note('key', 'declined', clock.now())
    expect(await store.journal.fate('key')).toEqual({ cause: 'kept' })
    clock.advance('2m')
    await store.journal.note('key', 'computation-failed', clock.now())
    expect(await store.journal.fate('key')).toEqual({ cause: 'failed', at: clock.now() })
    await store.prune?.()
    expect(await store.journal.fate('key')).toMatchObject({ cause: 'failed' })
    await store.set('key', entry())
    clock.advance('2m')
    expect(await store.journal.fate('key')).toMatchObject({ cause: 'expired' })
  })

  it('is unknown once the invalidations since then are not all remembered', async () => {
    const store = open()
    await store.set('key', entry(['t']))
    await store.invalidate?.([{ tag: 't' }])
    expect(await store.journal.fate('key')).toMatchObject({ cause: 'invalidated' })
    await store.invalidate?.(Array.from({ length: 20_001 }, (_, i) => ({ tag: `t${i}` })))
    expect(await store.journal.fate('key')).toEqual({ cause: 'unknown' })
  })

  it('takes bounded room, however many entries go', async () => {
    const store = open({ maxEntries: 10 })
    for (let i = 0; i < 40; i++) {
      await Promise.all(Array.from({ length: 500 }, (_, n) => store.set(`${i} ${n}`, entry())))
    }
    await store.evict?.()
    const parts = Array.from({ length: 11_000 }, (_, i) => ({ key: `${i}`, group: '', digests: Uint8Array.of(1) }))
    await store.journal.keepParts(parts)
    await store.close?.()
    const db = new Database(path, { readonly: true })
    const count = (table: string) => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()
    expect(count('fate')).toBeLessThanOrEqual(16_384)
    expect(count('fate')).toBeGreaterThan(8_000)
    expect(count('key_part')).toBe(10_000)
    db.close()
  })
})

describe('N1: parts of keys', () => {
  it('are those of keys that have an entry, the newest first, group by group', async () => {
    const store = open()
    const record = (key: string, group = '1:a') => ({ key, group, digests: Uint8Array.of(1, 2, 3) })
    await store.journal.keepParts([record('gone'), record('one'), record('two'), record('other', '1:b')])
    for (const key of ['one', 'two', 'other']) await store.set(key, entry())
    expect((await store.journal.parts('1:a')).map(({ key }) => key)).toEqual(['two', 'one'])
    expect((await store.journal.parts('1:b')).map(({ digests }) => [...digests])).toEqual([[1, 2, 3]])
    await store.delete('two')
    expect((await store.journal.parts('1:a')).map(({ key }) => key)).toEqual(['one'])
  })

  it('fault 46: are digested with a secret that is beside the file and not in it, for its owner alone', async () => {
    const store = open()
    const secret = await store.journal.secret()
    expect(secret).toMatch(/^[0-9a-f]{64}$/)
    expect(await open().journal.secret()).toBe(secret)
    expect(readFileSync(`${path}-secret`, 'utf8')).toBe(secret)
    if (process.platform !== 'win32') expect(statSync(`${path}-secret`).mode & 0o777).toBe(0o600)
    await store.set('key', entry())
    for (const each of stores) await each.close?.()
    expect(readFileSync(path).includes(secret)).toBe(false)
  })
})

describe('N4: the ledger', () => {
  it('adds up what all handles save, by namespace, and keeps it', async () => {
    const first = open()
    const second = open()
    await first.ledger.add([{ namespace: '1:a', hits: 1, ms: 10, cost: 0.5 }])
    await second.ledger.add([
      { namespace: '1:a', hits: 2, ms: 20, cost: 1 },
      { namespace: '1:a1:b', hits: 4, ms: 1, cost: 0 },
      { namespace: '1:b', hits: 8, ms: 1, cost: 0 },
    ])
    for (const each of stores) await each.close?.()
    expect(await open().ledger.read('1:a')).toEqual([
      { namespace: '1:a', hits: 3, ms: 30, cost: 1.5 },
      { namespace: '1:a1:b', hits: 4, ms: 1, cost: 0 },
    ])
  })

  it('has a row for 10,000 namespaces at most, and loses nothing of the others', async () => {
    const store = open()
    const savings = Array.from({ length: 10_050 }, (_, i) => ({ namespace: `4:n${i}`, hits: 1, ms: 1, cost: 1 }))
    await store.ledger.add(savings)
    const kept = await store.ledger.read('')
    expect(kept.length).toBeLessThanOrEqual(10_001)
    expect(kept.reduce((sum, { hits }) => sum + hits, 0)).toBe(10_050)
  })
})
