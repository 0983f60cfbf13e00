import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { CACHE_OPTIONS, type Cache, type CacheOptions, checkOptions, createCache, GranaryError } from '@granary/core'
import { type MemoryOptions, memory } from '@granary/memory'
import { type SqliteOptions, sqlite } from '@granary/sqlite'

/** What {@link openCache} takes beside the folder: what any cache does, and the limits of its two layers. */
export interface OpenCacheOptions extends Omit<CacheOptions, 'layers'>, Pick<SqliteOptions, 'maxEntries' | 'maxBytes'> {
  /** Limits of the memory layer. Default: 10,000 entries, `'64mb'`, the entry used longest ago makes room. */
  readonly memory?: Pick<MemoryOptions, 'maxEntries' | 'maxBytes' | 'policy'>
}

const OPTIONS = ['maxEntries', 'maxBytes', 'memory', ...CACHE_OPTIONS.filter((name) => name !== 'layers')]
const MEMORY_OPTIONS = ['maxEntries', 'maxBytes', 'policy']

/**
 * Opens the cache in a folder: memory over the SQLite file `granary.db`, which all processes of the machine share.
 *
 * The folder is made, readable by its owner only, by the first call that needs it; a relative one is meant from the
 * current directory of now. Entries live one hour unless told otherwise.
 *
 * @param dir for example `'./.cache'`; not on a network file system
 * @throws GranaryError `INVALID_OPTION`; `UNSUPPORTED_RUNTIME` for a Node that the SQLite driver cannot run on
 */
export function openCache(dir: string, options: OpenCacheOptions = {}): Cache {
  const folder = checkFolder(dir)
  checkOptions('openCache', options, OPTIONS)
  const { maxEntries, maxBytes, memory: near = {}, ...ofCache } = options
  checkOptions("openCache's memory", near, MEMORY_OPTIONS)
  const { clock } = ofCache
  const timed = clock === undefined ? {} : { clock }
  return createCache({
    ...ofCache,
    layers: [
      memoryLayer({ ...near, ...timed }),
      sqlite({
        path: resolve(folder, 'granary.db'),
        ...(maxEntries === undefined ? {} : { maxEntries }),
        ...(maxBytes === undefined ? {} : { maxBytes }),
        ...timed,
      }),
    ],
  })
}

/** Both layers have a `maxEntries`: an error says when it is this one's. */
function memoryLayer(options: MemoryOptions): ReturnType<typeof memory> {
  try {
    return memory(options)
  } catch (cause) {
    if (!(cause instanceof GranaryError)) throw cause
    throw new GranaryError(cause.code, `memory.${cause.message}`, { cause })
  }
}

function checkFolder(dir: unknown): string {
  if (typeof dir !== 'string' || dir.trim() === '' || dir.includes('\0'))
    throw new GranaryError('INVALID_OPTION', "openCache takes a folder: openCache('./.cache')")
  if (isInTheWay(dir))
    throw new GranaryError('INVALID_OPTION', `openCache: ${dir} is a file, or below one: give a folder, or a new name`)
  return dir
}

/** Is there a file where a folder has to be? What cannot be looked at is left for the store to fail on, as an event. */
function isInTheWay(dir: string): boolean {
  try {
    return !statSync(dir).isDirectory()
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR'
  }
}
