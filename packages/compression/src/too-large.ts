import { GranaryError } from '@granary/core'

export function tooLarge(why: string): GranaryError {
  return new GranaryError('CORRUPT', `the bytes are not decompressed: ${why}`, { reason: 'too-large' })
}

/** What comes out is longer than the entry says. */
export function longerThanSaid(): GranaryError {
  return tooLarge('more would come of them than their entry says')
}
