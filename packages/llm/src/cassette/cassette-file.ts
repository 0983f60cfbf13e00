import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { GranaryError } from '@granary/core'
import { isCollection, parse, visit, Document as YamlDocument } from 'yaml'
import { loose } from '../json.js'
import type { Exchange } from './exchange.js'

const FORMAT = 'granary/cassette/1'
const HEAD = ` Recorded by @granary/llm: review it like code, delete it to record it anew.`

/** The exchanges of a file; none if it is not there. @throws GranaryError `INVALID_OPTION` for what is no cassette */
export function readCassette(path: string): Exchange[] {
  if (!existsSync(path)) return []
  const file = loose(read(path))
  if (file.format === FORMAT && Array.isArray(file.exchanges)) return file.exchanges
  throw new GranaryError(
    'INVALID_OPTION',
    `${path} is no cassette of the format ${FORMAT}: delete it and record it anew`,
  )
}

function read(path: string): unknown {
  try {
    return parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new GranaryError('INVALID_OPTION', `the cassette ${path} cannot be read: delete it and record it anew`, {
      cause,
    })
  }
}

/** Writes a cassette so that it is there as a whole or not at all: texts line by line, an event a line. */
export function writeCassette(path: string, exchanges: readonly Exchange[]): void {
  const document = new YamlDocument({ format: FORMAT, exchanges }, { aliasDuplicateObjects: false })
  document.commentBefore = HEAD
  visit(document, {
    Pair(_, pair) {
      if (!isCollection(pair.value) || (pair.key as { value?: unknown }).value !== 'events') return undefined
      for (const item of pair.value.items) if (isCollection(item)) item.flow = true
      return visit.SKIP
    },
  })
  mkdirSync(dirname(path), { recursive: true })
  const temporary = `${path}.${process.pid}.tmp`
  writeFileSync(temporary, document.toString({ lineWidth: 0, blockQuote: 'literal', flowCollectionPadding: true }))
  renameSync(temporary, path)
}
