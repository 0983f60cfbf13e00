import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder for a case's files, and the paths in it: no two are the same. */
export interface Folder {
  next(): string
  remove(): void
}

export function makeFolder(): Folder {
  const folder = mkdtempSync(join(tmpdir(), 'granary-benchmark-'))
  let files = 0
  return {
    next: () => join(folder, `${++files}.db`),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
