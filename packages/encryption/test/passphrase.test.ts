import { scryptSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { keyFromPassphrase } from '../src/passphrase.js'
import { errorOf } from './entries.js'

describe('a key from a passphrase', () => {
  it('is scrypt’s, with the cost that is documented, and the same for the same text in another form', async () => {
    const [composed, decomposed] = ['caf\u00e9 au lait', 'cafe\u0301 au lait']
    const salt = 'reports of example.org'
    const key = await keyFromPassphrase(decomposed, { salt })
    expect([...key]).toEqual([...scryptSync(composed, salt, 32, { N: 131_072, r: 8, p: 1, maxmem: 2 ** 28 })])
  }, 30_000)

  it('needs a passphrase and a salt', async () => {
    for (const [passphrase, salt] of [
      ['', 'long enough'],
      ['long enough', 'short'],
      ['long enough', undefined],
    ])
      expect((await errorOf(() => keyFromPassphrase(passphrase as string, { salt: salt as string }))).code).toBe(
        'INVALID_OPTION',
      )
  })
})
