import { open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createDirectories } from './directories.js'
import { newPointer, type Pointer } from './pointer.js'

/** How old a file is before it may be taken for one that nobody refers to: its row may still be on its way. In ms. */
const GRACE = 60_000
/** Milliseconds between two looks for such files. */
const LOOK_EVERY = 5_000

/** Files of one value each, in a directory beside the database. They are written once, under a name that is used once. */
export interface ValueFiles {
  /** Keeps bytes; the file is whole when this resolves. */
  write(bytes: Uint8Array): Promise<Pointer>
  /** @throws what reading throws: the file is not there any more, or not yet */
  read(pointer: Pointer): Promise<Uint8Array>
  /** Was the last look long enough ago? */
  isDue(): boolean
  /**
   * Removes the files to which no row refers, and did not the last time either: a reader may just have read the row.
   *
   * @param referred names of those to which one does, asked for after the files were listed
   */
  collect(referred: () => ReadonlySet<string>): Promise<void>
}

/** @param isSynced are the bytes on the disk, and not only with the operating system, when `write` resolves? */
export function createValueFiles(directory: string, isSynced: boolean): ValueFiles {
  let unreferred = new Set<string>()
  let lookedAt = Number.NEGATIVE_INFINITY

  async function write(pointer: Pointer, bytes: Uint8Array): Promise<void> {
    const path = join(directory, pointer.name)
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(bytes)
      if (isSynced) await file.sync()
    } catch (error) {
      await rm(path, { force: true })
      throw error
    } finally {
      await file.close()
    }
  }

  return {
    async write(bytes) {
      const pointer = newPointer(bytes.length)
      createDirectories(directory)
      await write(pointer, bytes)
      return pointer
    },
    read: ({ name }) => readFile(join(directory, name)),
    isDue: () => performance.now() >= lookedAt + LOOK_EVERY,
    async collect(referred) {
      lookedAt = performance.now()
      const names = await readdir(directory).catch(() => [])
      const known = referred()
      const before = unreferred
      unreferred = new Set(names.filter((name) => !known.has(name)))
      for (const name of unreferred) if (before.has(name)) await removeOld(join(directory, name))
    },
  }
}

async function removeOld(path: string): Promise<void> {
  try {
    const { mtimeMs } = await stat(path)
    if (Math.abs(Date.now() - mtimeMs) > GRACE) await rm(path)
  } catch {
    // Another process has removed it, or this one may not.
  }
}
