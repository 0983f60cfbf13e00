import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Misuse } from './misuse.js'

export interface Arguments {
  /** Where the documents are, absolute; `undefined`: the README files of the installed packages. */
  readonly folder: string | undefined
  /** Where the cache is kept, absolute. */
  readonly cacheFolder: string
  readonly help: boolean
}

const DEFAULT_CACHE = join(import.meta.dirname, '..', '.granary-demo')

export const HELP = `Usage: npm start [-- [folder] [--cache <folder>]]

Reads and analyses documents, and keeps the results: the second time nothing is computed.

  folder            its .md, .markdown and .txt files, and those of the folders below it;
                    default: the README files of every package installed in this workspace
  --cache <folder>  where the results are kept; delete it to begin anew
                    default: ${DEFAULT_CACHE}
  -h, --help        shows this`

/** @throws Misuse for an option that there is not, or more than one folder */
export function readArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parse(args)
  if (positionals.length > 1) throw new Misuse(`give one folder, not ${positionals.length}; --help shows how`)
  const [folder] = positionals
  if (folder === '' || values.cache === '') throw new Misuse("a folder's name is empty; --help shows how")
  return {
    folder: folder === undefined ? undefined : resolve(folder),
    cacheFolder: values.cache === undefined ? DEFAULT_CACHE : resolve(values.cache),
    help: values.help ?? false,
  }
}

function parse(args: readonly string[]) {
  const options = { cache: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    const [what] = (error as Error).message.split(/[.\n]/)
    throw new Misuse(`${what}; --help shows the options that there are`)
  }
}
