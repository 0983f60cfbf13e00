import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { CachedTaskWorker, defineTask, type Run, type TaskOf } from '@granary/core'
import { z } from 'zod'
import { proseOf } from './prose.js'

/** A file as it was when it was looked at: `digest` is the SHA-256 of its bytes. */
export const File = defineTask(
  'file',
  z.object({ path: z.string(), format: z.enum(['markdown', 'text']), digest: z.string() }),
)
export type File = TaskOf<typeof File>

/** What a file says, without its markup. Not where it was found, so that the same text is analysed once. */
export const Document = defineTask('document', z.object({ text: z.string() }))
export type Document = TaskOf<typeof Document>

const MOST_BYTES = 2 * 1024 ** 2

/** The file at a path. A digest costs reading it, and finds every edit: times and sizes miss some, and see others in a copy. */
export async function fileAt(path: string): Promise<File> {
  const { size } = await stat(path)
  if (size > MOST_BYTES)
    throw new Error(`${(size / 1024 ** 2).toFixed(1)} MB is more than the ${MOST_BYTES / 1024 ** 2} MB that are read`)
  const format = ['.md', '.markdown', ''].includes(extname(path).toLowerCase()) ? 'markdown' : 'text'
  return File({ path, format, digest: digestOf(await readFile(path)) })
}

/** Reads a file and takes its markup away. */
export class ReadWorker extends CachedTaskWorker<File, Document> {
  readonly name = 'read'
  readonly inputType = File
  readonly outputTypes = [Document]
  override readonly caching = { version: '1' }
  /** Counted here and nowhere else, so that what the cache says of itself can be checked. */
  computations = 0

  /** What is in the file decides, not where it is: a file that was moved, copied or touched is not read again. */
  override getCacheKey(file: File) {
    return [file.format, file.digest]
  }

  async consumeWork({ path, format, digest }: File, run: Run<Document>) {
    this.computations++
    const bytes = await readFile(path, { signal: run.signal })
    // Edited since it was looked at: right for now, but not what belongs under this key.
    if (digestOf(bytes) !== digest) run.ttl = 0
    const text = new TextDecoder().decode(bytes)
    run.publishWork(Document({ text: format === 'markdown' ? proseOf(text) : text.trim() }))
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
