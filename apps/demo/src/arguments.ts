import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Misuse } from './misuse.js'

export interface Arguments {
  /** Where the documents are, absolute; `undefined`: the README files of the installed packages. */
  readonly folder: string | undefined
  /** Where the cache is kept, absolute. */
  readonly cacheFolder: string
  /** Where the report is written, absolute. */
  readonly reportFile: string
  readonly help: boolean
}

const DEFAULT_CACHE = join(import.meta.dirname, '..', '.granary-demo')

export const HELP = `Usage: npm start [-- [folder] [--cache <folder>] [--report <file>]]

Reads, analyses, compares and summarizes documents, and keeps the results: the second time nothing is computed.

  folder            its .md, .markdown and .txt files, and those of the folders below it;
                    default: the README files of every package installed in this workspace
  --cache <folder>  where the results are kept; delete it to begin anew
                    default: ${DEFAULT_CACHE}
  --report <file>   where the report is written, a page of HTML
                    default: report.html in the folder of the cache
  -h, --help        shows this`

/** @throws Misuse for an option that there is not, or more than one folder */
export function readArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parse(args)
  if (positionals.length > 1) throw new Misuse(`give one folder, not ${positionals.length}; --help shows how`)
  const [folder] = positionals
  if ([folder, values.cache, values.report].includes(''))
    throw new Misuse('the name of a folder or file is empty; --help shows how')
  const cacheFolder = resolve(values.cache ?? DEFAULT_CACHE)
  return {
    folder: folder === undefined ? undefined : resolve(folder),
    cacheFolder,
    reportFile: resolve(values.report ?? join(cacheFolder, 'report.html')),
    help: values.help ?? false,
  }
}

function parse(args: readonly string[]) {
  const options = {
    cache: { type: 'string' },
    report: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    const [what] = (error as Error).message.split(/[.\n]/)
    throw new Misuse(`${what}; --help shows the options that there are`)
  }
}
