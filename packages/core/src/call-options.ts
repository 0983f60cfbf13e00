import type { ComputeOptions, SetOptions } from './cache.js'
import { parseDuration, parseTtl, type Ttl } from './duration.js'
import type { Lifetime } from './entry-maker.js'
import { GranaryError } from './errors.js'
import { FRESHNESS_OPTIONS, type Freshness, freshnessFrom, graceOf, WINDOW_OPTIONS } from './freshness.js'
import type { Shape } from './held-entry.js'
import { allowedBy, type Mode } from './modes.js'
import { checkName } from './namespace.js'
import { checkOptions } from './options.js'
import type { Request } from './request.js'
import type { Address } from './scope.js'

const SET_OPTIONS = ['ttl', 'tags', ...WINDOW_OPTIONS]
const COMPUTE_OPTIONS = ['ttl', 'tags', 'mode', 'signal', 'timeout', 'jitter', 'shape', 'onJoin', ...FRESHNESS_OPTIONS]

/** What applies where a call says nothing. */
export interface Defaults {
  readonly lifetime: Lifetime
  readonly freshness: Freshness
  readonly timeout: number
  readonly mode: Mode
}

/** A request for one key, with the options of the call over the cache's own. */
export function requestFrom(
  address: Address,
  compute: Request['compute'],
  options: ComputeOptions,
  defaults: Defaults,
): Request {
  checkOptions('getOrCompute', options, COMPUTE_OPTIONS)
  if (typeof compute !== 'function')
    throw new GranaryError('INVALID_OPTION', 'getOrCompute needs a function that computes the value')
  const freshness = freshnessFrom(options, defaults.freshness)
  const jitter = options.jitter === undefined ? defaults.lifetime.jitter : checkJitter(options.jitter)
  return {
    ...address,
    compute,
    allowed: allowedBy(options.mode ?? defaults.mode),
    lifetime: { ttl: ttlFrom(options, defaults), jitter, grace: graceOf(freshness) },
    freshness,
    chance: Math.random(),
    tags: checkTags(options.tags ?? NO_TAGS),
    timeout: options.timeout === undefined ? defaults.timeout : parseDuration(options.timeout, 'timeout'),
    signal: options.signal,
    shape: options.shape as Shape | undefined,
    onJoin: options.onJoin,
  }
}

/** The life that a set gives. */
export function setLifetime(options: SetOptions, defaults: Defaults): Lifetime {
  checkOptions('set', options, SET_OPTIONS)
  const grace = graceOf(freshnessFrom(options, defaults.freshness))
  return { ttl: ttlFrom(options, defaults), jitter: defaults.lifetime.jitter, grace }
}

function ttlFrom({ ttl }: SetOptions, { lifetime }: Defaults): number {
  return ttl === undefined ? lifetime.ttl : parseTtl(ttl)
}

export function checkJitter(jitter: number): number {
  if (jitter >= 0 && jitter <= 1) return jitter
  throw new GranaryError('INVALID_OPTION', `jitter: ${jitter} is not a part from 0 to 1`)
}

export const NO_TAGS: readonly string[] = Object.freeze([])

export function isTtl(ttl: Ttl): boolean {
  try {
    return parseTtl(ttl) > 0
  } catch {
    return false
  }
}

export function checkTags(tags: readonly string[]): readonly string[] {
  if (!Array.isArray(tags))
    throw new GranaryError('INVALID_OPTION', "tags: give an array of strings, such as ['user:7']")
  for (const tag of tags) checkName(tag, 'tag')
  return tags
}
