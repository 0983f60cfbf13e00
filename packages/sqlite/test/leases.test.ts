import { existsSync } from 'node:fs'
import type { Lease, Position, Store } from '@granary/core'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { bytesOf, lookAt, openBytes, tempFile, textOf } from './support/files.js'

const LIFE = 5_000

/** Two handles of one file, with one clock. */
function pair() {
  const path = tempFile()
  const time = { now: 1e12 }
  const open = () => openBytes({ path, clock: () => time.now })
  return { path, time, mine: open(), other: open() }
}

async function ask(
  store: Required<Store<Uint8Array>>,
  { key = 'k', life = LIFE, since = undefined as Position | undefined, signal = new AbortController().signal } = {},
): Promise<Lease | undefined> {
  return store.lease(key, { life, since, signal })
}

/** Has it settled within some looks at the file? */
async function settles(promise: Promise<unknown>, withinMs = 100): Promise<boolean> {
  return Promise.race([promise.then(() => true), new Promise<false>((done) => setTimeout(done, withinMs, false))])
}

describe('a lease (P8)', () => {
  it('is given to one of two handles, and ends the wait of the other when it is released', async () => {
    const { mine, other } = pair()
    const lease = await ask(mine)
    expect(lease).toBeDefined()
    const waiting = ask(other)
    expect(await settles(waiting)).toBe(false)
    await lease?.release()
    expect(await waiting).toBeUndefined()
    expect(await ask(other)).toBeDefined()
  })

  it('of one key is not that of another', async () => {
    const { mine, other } = pair()
    expect(await ask(mine)).toBeDefined()
    expect(await ask(other, { key: 'l' })).toBeDefined()
  })

  it('is not given when the key was stored since it was read, and ends the wait when it is stored', async () => {
    const { mine, other } = pair()
    const since = await lookAt(other, 'k')
    const lease = await ask(mine, { since })
    const waiting = ask(other, { since })
    expect(await settles(waiting)).toBe(false)
    await mine.set('k', bytesOf('v'), since)
    expect(await waiting).toBeUndefined()
    await lease?.release()
    expect(await ask(other, { since })).toBeUndefined()
    expect(await ask(other, { since: await lookAt(other, 'k') })).toBeDefined()
  })

  it('is released with what was set before, in one commit', async () => {
    const { path, mine, other } = pair()
    const since = await lookAt(mine, 'k')
    const lease = await ask(mine, { since })
    const db = new Database(path)
    const version = () => db.pragma('data_version', { simple: true })
    const before = version()
    const set = mine.set('k', bytesOf('v'), since)
    const released = lease?.release()
    let commits = 0
    let seen = before
    for (const step of [set, released]) {
      await step
      if (version() !== seen) commits++
      seen = version()
    }
    db.close()
    expect(commits).toBe(1)
    expect(await textOf(other, 'k')).toBe('v')
    expect(await ask(other)).toBeDefined()
  })

  it('lapses when its holder dies, and can then be lost; renewed in time it is not', async () => {
    const { time, mine, other } = pair()
    const lease = await ask(mine)
    const waiting = ask(other)
    time.now += LIFE - 1
    expect(await lease?.renew()).toBe(true)
    time.now += LIFE - 1
    expect(await settles(waiting)).toBe(false)
    time.now += 1
    expect(await waiting).toBeUndefined()
    const taken = await ask(other)
    expect(taken).toBeDefined()
    expect(await lease?.renew()).toBe(false)
    await lease?.release()
    expect(await taken?.renew()).toBe(true)
  })

  it('from the future is void: the system’s clock was set back', async () => {
    const { time, mine, other } = pair()
    await ask(mine)
    time.now -= 60_000
    expect(await ask(other)).toBeDefined()
  })

  it('ends the wait when it was lost to a third', async () => {
    const { path, time, mine, other } = pair()
    await ask(mine)
    const waiting = ask(other)
    const third = openBytes({ path, clock: () => time.now + LIFE })
    expect(await ask(third)).toBeDefined()
    expect(await waiting).toBeUndefined()
  })

  it('is not waited for after the signal, whose reason it rejects with', async () => {
    const { mine, other } = pair()
    await ask(mine)
    const controller = new AbortController()
    const waiting = ask(other, { signal: controller.signal })
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await expect(ask(other, { signal: controller.signal })).rejects.toBe(reason)
    await expect(ask(other, { key: 'free', signal: controller.signal })).rejects.toBe(reason)
    expect(await ask(mine, { key: 'free' })).toBeDefined()
  })

  it('that came after the signal is given back', async () => {
    const { mine, other } = pair()
    const controller = new AbortController()
    const asked = ask(mine, { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(asked).rejects.toThrow('enough')
    expect(await ask(other)).toBeDefined()
  })

  it('is not asked of a closed store, and not released through one', async () => {
    const { path, mine, other } = pair()
    const lease = await ask(mine)
    const waiting = ask(other)
    await other.close()
    await expect(waiting).rejects.toThrow(expect.objectContaining({ code: 'CLOSED' }))
    await mine.close()
    await lease?.release()
    await expect(lease?.renew()).rejects.toThrow(expect.objectContaining({ code: 'CLOSED' }))
    expect(existsSync(`${path}-wal`)).toBe(false)
  })

  it('that ended by itself is removed along with writes', async () => {
    const { path, time, mine } = pair()
    for (let i = 0; i < 20; i++) await ask(mine, { key: `key ${i}` })
    time.now += LIFE
    await ask(mine)
    await Promise.all(Array.from({ length: 300 }, (_, i) => mine.set(`key ${i}`, bytesOf('v'))))
    const db = new Database(path)
    expect(db.prepare('SELECT count(*) FROM lease').pluck().get()).toBe(1)
    db.close()
  })
})
