import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Creates a directory and those above it that are missing, with mode 0700. One by one: Node's recursive `mkdirSync`
 * never returns where a file system refuses new directories with ENOENT, as `/proc` does.
 */
export function createDirectories(directory: string): void {
  if (existsSync(directory)) return
  const above = dirname(directory)
  if (above !== directory) createDirectories(above)
  try {
    mkdirSync(directory, { mode: 0o700 })
  } catch (error) {
    // Another process was faster.
    if ((error as { code?: unknown }).code !== 'EEXIST') throw error
  }
}
