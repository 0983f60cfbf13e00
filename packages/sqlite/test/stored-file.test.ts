import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SCHEMA_VERSION } from '../src/schema.js'
import { sqlite } from '../src/sqlite.js'

/** A file as the tables of this version were written, with envelopes of version 1. Kept for ever. */
const KEPT = 4

let folder = ''
let path = ''
let bytes: Uint8Array

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'granary-stored-'))
  path = join(folder, 'granary.db')
  bytes = gunzipSync(readFileSync(new URL(`./fixtures/schema-${KEPT}.db.gz`, import.meta.url)))
  writeFileSync(path, bytes)
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe(`fault 41: a file that was written with the tables of version ${KEPT}`, () => {
  const isRead = async () => {
    const store = sqlite({ path })
    expect(await store.get('plain')).toMatchObject({
      value: { name: 'Ada', n: -0, at: new Date(0), seen: new Set(['a']) },
      createdAt: Date.UTC(2026, 0, 1),
      freshUntil: Number.POSITIVE_INFINITY,
      computeMs: 12.5,
      cost: 0.25,
    })
    expect(await store.get('\u00015:users;42')).toMatchObject({
      value: new Uint8Array([0, 1, 254, 255]),
      namespace: '5:users',
      tags: ['team'],
    })
    for (const key of ['deleted', '\u00014:gone;1', 'tagged']) expect(await store.get(key)).toBeUndefined()
    await store.close?.()
  }

  const isLeftAlone = async () => {
    const store = sqlite({ path })
    await expect(async () => store.get('plain')).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    await store.close?.()
    expect(Buffer.compare(readFileSync(path), bytes)).toBe(0)
  }

  if (SCHEMA_VERSION === KEPT) it('is read, and what was invalidated in it stays so', isRead)
  else it('is left as it is by a program with other tables', isLeftAlone)
})
