import type { Codec } from '@granary/core'
import { describe, expect, it } from 'vitest'
import { codecSuite } from '../src/codec-suite/codec-suite.js'
import { collect, failed } from './collect.js'
import { CODEC_MUTANTS } from './mutants/codec-mutants.js'
import { sealedCodec } from './sealed-codec.js'

const check = (create: () => Codec) => collect((runner) => codecSuite(runner, 'codec', { create }))

codecSuite({ describe, it }, 'a codec of structured clones', { create: () => sealedCodec() })

codecSuite({ describe, it }, 'a codec that answers with promises', {
  async create() {
    const codec = sealedCodec()
    return {
      async encode(value, about) {
        const bytes = codec.encode(value, about)
        await undefined
        return bytes
      },
      decode: async (bytes, key) => codec.decode(bytes, key),
    }
  },
})

describe('the suite can fail', () => {
  const noticed = new Set<string>()

  describe.each(CODEC_MUTANTS)('a codec that %s', (_, title, create) => {
    it(`is noticed by the case "${title}"`, async () => {
      const outcomes = await check(create)
      const failures = failed(outcomes)
      expect(failures.filter((failure) => failure.includes(title))).not.toEqual([])
      // A codec of which most is wrong proves little of any single case.
      if (failures.length < outcomes.size / 2) for (const failure of failures) noticed.add(failure)
    })
  })

  it('every case notices at least one of these codecs', async () => {
    const cases = [...(await check(() => sealedCodec())).keys()]
    expect(cases.filter((title) => !noticed.has(title))).toEqual([])
  })
})
