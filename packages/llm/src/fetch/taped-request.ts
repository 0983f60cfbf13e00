import type { CallPolicy } from '../call-policy.js'
import type { AskedRequest } from '../cassette/exchange.js'
import { type Scrub, scrubbed } from '../cassette/scrub.js'
import { sha256 } from '../digest.js'
import { withFiles } from '../file-bytes.js'
import type { Unstorable } from '../protocol.js'
import type { KeyParts } from '../request-key.js'
import type { HttpHead } from './http-answer.js'

/** A request as it stands in a cassette. */
export function tapedRequest(
  { method, endpoint, headers, body }: KeyParts,
  { sample, scope }: CallPolicy,
  scrub: Scrub,
): AskedRequest {
  const written = withFiles(body, (bytes, type) => `${type}, ${bytes.length} bytes, sha256 ${sha256(bytes)}`)
  return {
    method,
    endpoint: scrub(endpoint),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    body: scrubbed(written, scrub),
    ...(sample ? { sample } : {}),
    ...(scope === undefined ? {} : { scope }),
  }
}

/** Statuses that another try may well not get. */
const PASSING = [401, 403, 408, 409, 425, 429]

/** Would the provider answer the same another time? What it would not has no place in a cassette. */
export function isLasting(reason: Unstorable, { status }: HttpHead): boolean {
  return reason !== 'incomplete' && status < 500 && !PASSING.includes(status)
}
