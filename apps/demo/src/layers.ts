import { statSync } from 'node:fs'
import { join } from 'node:path'
import { compress } from '@granary/compression'
import { type Cache, type CodecStage, createCache, type Store } from '@granary/core'
import { memory } from '@granary/memory'
import { sqlite } from '@granary/sqlite'
import { Misuse } from './misuse.js'

/** Bytes of the values that are kept smaller than they are. */
export interface Volume {
  raw: number
  kept: number
}

/**
 * Opens the demo's cache: memory over SQLite, whose values are compressed, over Redis where there is one.
 *
 * @throws Misuse where a file is in the folder's place; GranaryError `UNSUPPORTED_RUNTIME` for a Node that the SQLite driver
 *   cannot run on, `INVALID_OPTION` for what is no URL of a Redis server
 */
export async function cacheIn(
  folder: string,
  redisUrl: string | undefined,
): Promise<{ readonly cache: Cache; readonly volume: Volume }> {
  if (isInTheWay(folder)) throw new Misuse(`--cache: ${folder} is a file, or below one: give a folder, or a new name`)
  const volume = { raw: 0, kept: 0 }
  const codec = [weighed(compress(), volume)]
  const layers: Store[] = [memory(), sqlite({ path: join(folder, 'granary.db'), codec })]
  if (redisUrl) {
    // Loaded when it is needed: most runs have no server.
    const { redis } = await import('@granary/redis')
    layers.push(redis({ url: redisUrl, prefix: 'granary-demo:', codec: [compress()] }))
  }
  return { cache: createCache({ layers, ttl: '30d' }), volume }
}

/** The stage, with what it makes smaller added up, on the way there and on the way back. */
function weighed(stage: CodecStage, volume: Volume): CodecStage {
  const add = (raw: Uint8Array, kept: Uint8Array) => {
    volume.raw += raw.length
    volume.kept += kept.length
  }
  return {
    ...stage,
    encode: async (bytes, associated) => {
      const encoded = await stage.encode(bytes, associated)
      if (encoded !== undefined) add(bytes, encoded)
      return encoded
    },
    decode: async (bytes, associated) => {
      const decoded = await stage.decode(bytes, associated)
      add(decoded, bytes)
      return decoded
    },
  }
}

/** Is there a file where the folder has to be? What cannot be looked at is left for the layer to fail on, as an event. */
function isInTheWay(folder: string): boolean {
  try {
    return !statSync(folder).isDirectory()
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR'
  }
}
