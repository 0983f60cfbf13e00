/** Values that a codec of Granary brings back as they were, by name. Made anew for each test, so that none can leak. */
export const SAMPLE_VALUES: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  booleans: () => [true, false],
  'whole numbers': () => [0, 1, -1, 255, 256, 65_536, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53 - 1, -(2 ** 53 - 1)],
  fractions: () => [0.1, -0.1, 1 / 3, 1.5, 5e-324, 1.797_693_134_862_315_7e308, 16_777_217.5],
  '-0, NaN and the infinities': () => [-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  'big integers': () => [0n, -1n, 2n ** 63n, -(2n ** 64n), 2n ** 200n],
  text: () => ['', 'plain', 'ünïcödé', '日本語', '👩‍🚀', 'nul \0 byte', 'line\nbreak', '\ufeffmark', '__proto__'],
  'long text': () => 'long ünicode text '.repeat(10_000),
  dates: () => [new Date(0), new Date(-1), new Date(Date.UTC(2026, 0, 1, 0, 0, 0, 1))],
  bytes: () => Uint8Array.from({ length: 256 }, (_, at) => at),
  'no bytes': () => new Uint8Array(),
  'bytes inside a larger buffer': () => Uint8Array.from({ length: 256 }, (_, at) => at).subarray(100, 110),
  'a Map': () =>
    new Map<unknown, unknown>([
      ['a', 1],
      [1, { b: [2] }],
      ['', undefined],
    ]),
  'a Set': () => new Set<unknown>(['a', 1, null, '']),
  'nested objects and arrays': () => ({ a: [{ b: { c: [[], {}] } }], d: null, e: undefined, '': 0, 'a b': { '1': 1 } }),
  'an empty object': () => ({}),
  'an empty array': () => [],
  'a Map in an object in an array': () => [{ map: new Map([['bytes', new Uint8Array([1, 2])]]), at: new Date(1) }],
  'many records of one shape': () =>
    Array.from({ length: 500 }, (_, id) => ({ id, name: `name ${id}`, ok: id % 2 === 0 })),
  'deep nesting': () => Array.from({ length: 100 }).reduce((inner) => ({ inner }), 'core'),
}
