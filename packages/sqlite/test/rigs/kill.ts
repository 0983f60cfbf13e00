import { setTimeout as wait } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Store } from '@granary/core'
import Database from 'better-sqlite3'
import { sqlite } from '../../src/index.js'
import { type Child, startScript } from '../support/processes.js'
import { contentOf } from './killed-writer-values.mjs'

const SCRIPT = new URL('./killed-writer.mjs', import.meta.url)
const WRITERS = 3
/** Milliseconds after its first word at which a writer is killed. */
const LONGEST_LIFE = 250

export interface KillFigures {
  kills: number
  acknowledged: number
  /** Acknowledged, but an older state or none is there. */
  lost: number
  /** What is there is not what was written. */
  torn: number
  failures: number
  integrity: string
}

/** What one writer is known to have done to a key. */
interface Told {
  /** The newest that was acknowledged. */
  acknowledged: number
  /** What began, by number: `true` for a set, `false` for a delete. */
  readonly began: Map<number, boolean>
}

/**
 * Kills writers of one file at random moments, three at a time, again and again, and reads all that they ever told after
 * each time: every other time with a new handle, else with one that was open while they died.
 */
export async function killWriters(path: string, kills: number): Promise<KillFigures> {
  const figures: KillFigures = { kills: 0, acknowledged: 0, lost: 0, torn: 0, failures: 0, integrity: 'ok' }
  const told = new Map<string, Told>()
  let store = open(path, figures)
  for (let round = 0; figures.kills < kills; round++) {
    if (round % 2 === 0) await store.close?.()
    const first = String(round * 1_000_000)
    const children = Array.from({ length: WRITERS }, (_, i) => startScript(SCRIPT, [path, `writer ${i}`, first]))
    await Promise.all(children.map((child) => killOne(child, told, figures)))
    if (round % 2 === 0) store = open(path, figures)
    await readAll(store, told, figures)
    const db = new Database(path)
    const integrity = db.pragma('integrity_check', { simple: true }) as string
    if (integrity !== 'ok') figures.integrity = integrity
    db.close()
  }
  await store.close?.()
  return figures
}

function open(path: string, figures: KillFigures): Store {
  const store = sqlite({ path })
  store.observe?.(() => figures.failures++)
  return store
}

async function killOne(child: Child, told: Map<string, Told>, figures: KillFigures): Promise<void> {
  for (let first = true; ; first = false) {
    const { value: line, done } = await child.lines.next()
    if (done) break
    if (first) void wait(Math.random() * LONGEST_LIFE).then(() => child.process.kill('SIGKILL'))
    note(line, told, figures)
  }
  if ((await child.ended) !== 'SIGKILL') throw new Error('a writer ended by itself')
  figures.kills++
}

function note(line: string, told: Map<string, Told>, figures: KillFigures): void {
  const [, sign, kind, digits, key] = /^([>=]) (set|delete) (\d+) (.*)$/.exec(line) as unknown as string[]
  const about = told.get(key as string) ?? { acknowledged: -1, began: new Map() }
  told.set(key as string, about)
  const number = Number(digits)
  if (sign === '>') about.began.set(number, kind === 'set')
  else {
    figures.acknowledged++
    about.acknowledged = Math.max(about.acknowledged, number)
  }
}

async function readAll(store: Store, told: Map<string, Told>, figures: KillFigures): Promise<void> {
  for (const [key, { acknowledged, began }] of told) {
    const found = await store.get(key)
    const value = found?.value
    const possible = [...began].filter(([number]) => number >= acknowledged)
    const isOne = (number: number, isSet: boolean) =>
      isSet ? found !== undefined && isDeepStrictEqual(plain(value), contentOf(key, number)) : found === undefined
    const which = possible.find(([number, isSet]) => isOne(number, isSet))
    if (which !== undefined || (acknowledged === -1 && found === undefined)) {
      for (const number of began.keys()) if (number < (which?.[0] ?? 0)) began.delete(number)
      continue
    }
    if (found === undefined || [...began].some(([number, isSet]) => isOne(number, isSet))) figures.lost++
    else figures.torn++
  }
}

/** Bytes as a plain Uint8Array, for a comparison that looks at prototypes. */
const plain = (value: unknown): unknown => (value instanceof Uint8Array ? new Uint8Array(value) : value)
