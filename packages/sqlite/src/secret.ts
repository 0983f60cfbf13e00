import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

/**
 * The secret of a cache file, made when it is first needed and kept beside it with mode 0600: whoever has the cache file
 * alone cannot guess small inputs from the digests of their parts. One that cannot be kept, or has no file beside it (the
 * path is empty), lasts as long as the process.
 */
export function secretBeside(path: string): () => string {
  let known: string | undefined
  return () => {
    known ??= path === '' ? newSecret() : read(`${path}-secret`)
    return known
  }
}

function newSecret(): string {
  return randomBytes(32).toString('hex')
}

function read(file: string): string {
  const fresh = newSecret()
  try {
    writeFileSync(file, fresh, { flag: 'wx', mode: 0o600 })
    return fresh
  } catch {
    // It is there already, or cannot be written.
  }
  try {
    return readFileSync(file, 'utf8') || fresh
  } catch {
    return fresh
  }
}
