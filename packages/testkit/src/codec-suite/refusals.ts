import assert from 'node:assert/strict'
import type { Codec } from '@granary/core'
import { ABOUT, type CodecCase } from './case.js'

class Point {
  readonly x = 1
}

function cycle(): unknown {
  const node: Record<string, unknown> = {}
  node.self = { node }
  return node
}

/** Values that would not come back as they were. */
const UNSUPPORTED: Readonly<Record<string, () => unknown>> = {
  'a function': () => () => 1,
  'a symbol': () => Symbol('s'),
  'a cycle': cycle,
  'an instance of an unknown class': () => new Point(),
  'a promise': () => Promise.resolve(1),
  'a WeakMap': () => new WeakMap(),
}

/** The error of an encoding that has to fail. */
async function refusal(codec: Codec, value: unknown): Promise<Error & { code?: unknown }> {
  let bytes: Uint8Array
  try {
    bytes = await codec.encode(value, ABOUT)
  } catch (error) {
    assert.ok(error instanceof Error, 'what was thrown is no Error')
    return error
  }
  assert.fail(`it was encoded in ${bytes.length} bytes`)
}

export const refusals: readonly CodecCase[] = [
  ...Object.entries(UNSUPPORTED).map(
    ([name, value]): CodecCase => ({
      rule: `${name} is refused with UNSUPPORTED_VALUE, and the error names the path to it`,
      async check(codec) {
        assert.equal((await refusal(codec, value())).code, 'UNSUPPORTED_VALUE')
        const { code, message } = await refusal(codec, { plain: 1, options: [{ name: 'a' }, { onDone: value() }] })
        assert.equal(code, 'UNSUPPORTED_VALUE')
        assert.match(message, /options.{0,3}1.{0,3}onDone/, 'the path is not in the message')
        for (const container of [new Map([['k', value()]]), new Set([value()])])
          assert.equal((await refusal(codec, container)).code, 'UNSUPPORTED_VALUE')
      },
    }),
  ),
  {
    rule: 'a value that was refused does no harm to those after it',
    async check(codec) {
      await refusal(codec, { a: { b: () => 1 } })
      const { value } = await codec.decode(await codec.encode({ a: { b: 1 } }, ABOUT), ABOUT.key)
      assert.deepEqual(value, { a: { b: 1 } })
    },
  },
  {
    rule: 'an object that occurs twice is no cycle',
    async check(codec) {
      const shared = { a: 1 }
      const { value } = await codec.decode(await codec.encode([shared, { shared }], ABOUT), ABOUT.key)
      assert.deepEqual(value, [{ a: 1 }, { shared: { a: 1 } }])
    },
  },
  {
    rule: 'a property named __proto__ comes back as such or is refused, and changes no prototype',
    async check(codec) {
      const value = JSON.parse('{"a":{"__proto__":{"polluted":true},"b":1}}') as { a: object }
      const encoded = await Promise.resolve(value)
        .then((hostile) => codec.encode(hostile, ABOUT))
        .catch(() => undefined)
      if (encoded !== undefined) {
        const decoded = (await codec.decode(encoded, ABOUT.key)).value as typeof value
        assert.deepEqual(decoded, value)
        assert.deepEqual(Object.keys(decoded.a), ['__proto__', 'b'])
        assert.equal(Object.getPrototypeOf(decoded.a), Object.prototype)
      }
      assert.equal('polluted' in {}, false)
    },
  },
]
