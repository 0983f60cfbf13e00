import { loose } from '../json.js'

/** What stands in a cassette where a secret was. */
const SCRUBBED = '[scrubbed]'

/** Credentials as their issuers write them. */
const SECRETS: readonly RegExp[] = [
  /\bsk-[A-Za-z0-9_-]{16,}/g,
  /\bAIza[A-Za-z0-9_-]{30,}/g,
  /\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{40,})/g,
  /\bxox[abeprs]-[A-Za-z0-9-]{10,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bhf_[A-Za-z0-9]{30,}/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g,
  /(?<=\b[Bb]earer\s+)[A-Za-z0-9._~+/-]{12,}=*/g,
]

/** Headers that say who asks. */
const CREDENTIAL_HEADERS = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'cookie', 'proxy-authorization']

/** Properties whose text is a secret whatever it looks like. */
const SECRET_NAMES = /^(?:api[-_]?key|authorization|access[-_]?token|client[-_]?secret|password|secret|bearer)$/i

/** Shortest credential that is looked for in texts: a shorter one would be found in the middle of words. */
const SHORTEST = 8

/** Takes secrets out of texts. */
export type Scrub = (text: string) => string

/**
 * What takes the secrets of a request out of it and of its answer: the credentials in its headers wherever they are
 * repeated, texts that look like credentials, and what the user names.
 */
export function scrubFor(headers: Headers, more: readonly (string | RegExp)[]): Scrub {
  const own = CREDENTIAL_HEADERS.flatMap((name) => headers.get(name)?.split(/\s+/) ?? []).filter(
    (word) => word.length >= SHORTEST,
  )
  const patterns = [...SECRETS, ...[...own, ...more].map(asPattern)]
  return (text) => patterns.reduce((scrubbed, pattern) => scrubbed.replace(pattern, SCRUBBED), text)
}

function asPattern(secret: string | RegExp): RegExp {
  if (secret instanceof RegExp) return secret.global ? secret : new RegExp(secret, `${secret.flags}g`)
  return new RegExp(secret.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'g')
}

/** A value with the secrets taken out of all its texts, and out of properties that are named like one. */
export function scrubbed(value: unknown, scrub: Scrub): unknown {
  if (typeof value === 'string') return scrub(value)
  if (Array.isArray(value)) return value.map((item) => scrubbed(item, scrub))
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  return Object.fromEntries(
    Object.entries(loose(value)).map(([name, item]) => {
      const isSecret = SECRET_NAMES.test(name) && typeof item === 'string'
      return [name, isSecret ? SCRUBBED : scrubbed(item, scrub)]
    }),
  )
}
