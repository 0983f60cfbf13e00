import { GranaryError } from './errors.js'
import type { CacheEvent } from './events.js'
import { namespaceNames } from './namespace.js'

/** What a cache logs to: the console, pino, or anything of that shape. Called with what is to be known, and a message. */
export interface Logger {
  debug(about: object, message: string): void
  info(about: object, message: string): void
  warn(about: object, message: string): void
  error(about: object, message: string): void
}

export type LogLevel = keyof Logger

/**
 * Levels of events. What happens with every call is `debug`, what somebody asked for is `info`, what somebody may want to
 * change is `warn`, and what does not work is `error`.
 */
const LEVELS: Record<CacheEvent['type'], LogLevel> = {
  hit: 'debug',
  'stale-hit': 'debug',
  'negative-hit': 'debug',
  miss: 'debug',
  refresh: 'debug',
  compute: 'debug',
  store: 'debug',
  delete: 'debug',
  explain: 'debug',
  refuse: 'debug',
  invalidate: 'info',
  'compute-failure': 'info',
  timeout: 'warn',
  gap: 'warn',
  warning: 'warn',
  failure: 'error',
}

/** Refusals that say that something should be changed. */
const CALLS_FOR_CHANGE = ['unsupported-value', 'too-large', 'failed']

/** @throws GranaryError `INVALID_OPTION` for what is no logger */
export function checkLogger(logger: Logger): void {
  const missing = (['debug', 'info', 'warn', 'error'] as const).filter((level) => typeof logger?.[level] !== 'function')
  if (missing.length > 0)
    throw new GranaryError(
      'INVALID_OPTION',
      `logger: give console, pino or the like; this one lacks ${missing.join(', ')}`,
    )
}

/**
 * Writes an event to a logger.
 *
 * @param debug lets through what may hold keys: the errors of stores, and explanations
 */
export function log(logger: Logger, event: CacheEvent, debug: boolean): void {
  const { type, ...about } = event
  logger[levelOf(event)](debug ? about : discreet(event), `granary: ${describe(event)}`)
}

export function levelOf(event: CacheEvent): LogLevel {
  if (event.type === 'refuse' && CALLS_FOR_CHANGE.includes(event.reason)) return 'warn'
  return LEVELS[event.type] ?? 'debug'
}

/** An event without what might say something of inputs or values: tags, and the text of a store's error. */
function discreet(event: CacheEvent): object {
  const { type, ...about } = event
  if (event.type === 'failure') {
    const { layer, operation, error } = event
    return { layer, operation, error: nameOf(error) }
  }
  if (event.type === 'invalidate' && 'tags' in event) return { tags: event.tags.length }
  return about
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? `${error.name} ${code}` : error.name
}

function describe(event: CacheEvent): string {
  if (event.type === 'failure') return `${event.layer} failed to ${event.operation}`
  if (event.type === 'warning') return `worker ${event.worker}: ${event.message}`
  if (event.type === 'refuse')
    return `not stored${event.layer === undefined ? '' : ` by ${event.layer}`}: ${event.reason}`
  if (event.type === 'explain') return event.explanation.text
  const where =
    'namespace' in event && event.namespace !== '' ? ` in ${namespaceNames(event.namespace).join(' / ')}` : ''
  return `${event.type.replaceAll('-', ' ')}${where}`
}
