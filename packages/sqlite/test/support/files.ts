import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Entry, Look, Position, Store } from '@granary/core'
import { entryOf } from '@granary/testkit'
import { onTestFinished } from 'vitest'
import { type ByteStoreOptions, byteStore } from '../../src/byte-store.js'
import { ownFile } from '../../src/database.js'

/** How much longer than usual the tests run that can; `npm run soak` sets it. */
export const SOAK: number = Number(process.env.GRANARY_SOAK ?? 1)

/** A path in a directory of its own, which goes with the test. */
export function tempFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'granary-sqlite-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return join(directory, 'cache', 'granary.db')
}

type Options = Partial<ByteStoreOptions> & {
  readonly path?: string
  readonly maxEntries?: number
  readonly maxBytes?: number
}

/** A store of bytes over a file of its own, closed with the test. */
export function openBytes({
  maxEntries = Infinity,
  maxBytes = 2 ** 30,
  path = tempFile(),
  ...options
}: Options = {}): Required<Store<Uint8Array>> {
  const store = byteStore({
    ...{ source: ownFile(path, 'process'), name: 'sqlite', clock: Date.now, limits: { maxEntries, maxBytes } },
    ...options,
  }) as Required<Store<Uint8Array>>
  onTestFinished(() => store.close())
  return store
}

/** An entry whose value is the bytes of a text. */
export function bytesOf(text: string, info?: Partial<Omit<Entry, 'value'>>): Entry<Uint8Array> {
  return entryOf<Uint8Array>(Buffer.from(text), info)
}

/** The text that was stored under a key. */
export async function textOf(store: Store<Uint8Array>, key: string): Promise<string | undefined> {
  const entry = await store.get(key)
  return entry && Buffer.from(entry.value).toString()
}

/** The position that a computation of this key would begin at. */
export async function lookAt(store: Store<Uint8Array>, key: string): Promise<Position> {
  const look: Look = {}
  await store.get(key, look)
  return look.at as Position
}
