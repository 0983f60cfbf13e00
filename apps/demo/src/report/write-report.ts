import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Facts } from '../facts.js'
import { Misuse } from '../misuse.js'
import { pageOf } from './page.js'

/**
 * Writes the report, whole or not at all.
 *
 * @throws Misuse where no file can be written there
 */
export async function writeReport(file: string, facts: Facts): Promise<void> {
  const unfinished = `${file}.${process.pid}.part`
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(unfinished, pageOf(facts))
    await rename(unfinished, file)
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {})
    const { code, message } = error as NodeJS.ErrnoException
    throw new Misuse(`the report cannot be written to ${file} (${code ?? message}): name another file with --report`)
  }
}
