import type { AskedRequest } from './exchange.js'

/** One place in which two requests differ. */
export interface Difference {
  /** Such as `body.messages[1].content`. */
  readonly path: string
  readonly recorded: unknown
  readonly asked: unknown
}

/** The recorded request that differs least, and where. */
export function nearest(asked: AskedRequest, recorded: readonly AskedRequest[]): readonly Difference[] | undefined {
  return recorded
    .map((request) => differences(request, asked))
    .sort((a, b) => a.length - b.length || likeness(b) - likeness(a))[0]
}

/** Where two values differ; nothing if they are alike. */
function differences(recorded: unknown, asked: unknown, path = ''): Difference[] {
  if (Object.is(recorded, asked)) return []
  if (!isContainer(recorded) || !isContainer(asked) || Array.isArray(recorded) !== Array.isArray(asked))
    return [{ path, recorded, asked }]
  const names = new Set([...Object.keys(recorded), ...Object.keys(asked)])
  return [...names].flatMap((name) =>
    differences(own(recorded, name), own(asked, name), Array.isArray(asked) ? `${path}[${name}]` : join(path, name)),
  )
}

/**
 * Differences in words.
 *
 * @param values whether the texts themselves may be shown: they are prompts
 */
export function inWords(found: readonly Difference[], values: boolean): string[] {
  return found.map(({ path, recorded, asked }) => {
    if (recorded === undefined) return `${path} was not there${values ? `, asked ${shown(asked)}` : ''}`
    if (asked === undefined) return `${path} is not there${values ? `, recorded ${shown(recorded)}` : ''}`
    if (values) return `${path}: recorded ${shown(recorded)}, asked ${shown(asked)}`
    const at = typeof recorded === 'string' && typeof asked === 'string' ? commonStart(recorded, asked) : undefined
    return `${path} differs${at === undefined ? '' : `, from character ${at + 1}`}`
  })
}

const LONGEST = 120

function shown(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}

/** How much the texts at the differences have in common, 0 to 1. */
function likeness(found: readonly Difference[]): number {
  const shares = found.map(({ recorded, asked }) => {
    if (typeof recorded !== 'string' || typeof asked !== 'string') return 0
    return commonStart(recorded, asked) / Math.max(recorded.length, asked.length, 1)
  })
  return shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length)
}

function commonStart(a: string, b: string): number {
  let at = 0
  while (at < a.length && at < b.length && a[at] === b[at]) at++
  return at
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function own(value: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
