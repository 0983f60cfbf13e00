import { atEveryDepth, type CodecMutant, decoding } from './build-codec.js'

const json = decoding((value) =>
  JSON.parse(JSON.stringify(value, (_, x) => (typeof x === 'bigint' ? `${x}` : x)) ?? '0'),
)

export const ofValues: CodecMutant[] = [
  ['keeps JSON', 'a Map: comes back', json],
  ['loses undefined', 'undefined: comes back', atEveryDepth((value) => (value === undefined ? null : value))],
  ['loses null', 'null: comes back', atEveryDepth((value) => (value === null ? undefined : value))],
  [
    'keeps booleans as numbers',
    'booleans: comes',
    atEveryDepth((value) => (typeof value === 'boolean' ? Number(value) : value)),
  ],
  [
    'keeps whole numbers in 32 bits',
    'whole numbers: comes',
    atEveryDepth((value) => (Number.isInteger(value) ? (value as number) | 0 : value)),
  ],
  [
    'keeps fractions in single precision',
    'fractions: comes',
    atEveryDepth((value) => (typeof value === 'number' ? Math.fround(value) : value)),
  ],
  ['loses -0', '-0, NaN and the infinities: comes', atEveryDepth((value) => (value === 0 ? 0 : value))],
  [
    'keeps big integers in 64 bits',
    'big integers: comes',
    atEveryDepth((value) => (typeof value === 'bigint' ? BigInt.asIntN(64, value) : value)),
  ],
  [
    'ends text at NUL',
    'text: comes',
    atEveryDepth((value) => (typeof value === 'string' ? value.split('\0')[0] : value)),
  ],
  [
    'keeps text of 65,535 characters',
    'long text: comes',
    atEveryDepth((value) => (typeof value === 'string' ? value.slice(0, 65_535) : value)),
  ],
  [
    'keeps dates in seconds',
    'dates: comes',
    atEveryDepth((value) => (value instanceof Date ? new Date(Math.round(+value / 1000) * 1000) : value)),
  ],
  [
    'gives a Buffer back',
    'bytes: comes',
    atEveryDepth((value) => (value instanceof Uint8Array ? Buffer.from(value) : value)),
  ],
  [
    'takes no bytes for null',
    'no bytes: comes',
    atEveryDepth((value) => (value instanceof Uint8Array && value.length === 0 ? null : value)),
  ],
  [
    'gives 100 bytes more',
    'bytes inside a larger buffer: comes',
    atEveryDepth((value) =>
      value instanceof Uint8Array && value.length < 50 ? new Uint8Array(value.length + 100) : value,
    ),
  ],
  [
    'keeps a Map as an object',
    'a Map in an object',
    atEveryDepth((value) => (value instanceof Map ? Object.fromEntries(value) : value)),
  ],
  ['keeps a Set as an array', 'a Set: comes', atEveryDepth((value) => (value instanceof Set ? [...value] : value))],
  [
    'drops properties without a name',
    'nested objects and arrays: comes',
    atEveryDepth((value) =>
      typeof value === 'object' && value !== null && '' in value ? { ...value, '': undefined } : value,
    ),
  ],
  [
    'takes empty objects for null',
    'an empty object: comes',
    atEveryDepth((value) => (JSON.stringify(value) === '{}' ? null : value)),
  ],
  [
    'takes empty arrays for null',
    'an empty array: comes',
    atEveryDepth((value) => (JSON.stringify(value) === '[]' ? null : value)),
  ],
  [
    'keeps 256 records',
    'many records of one shape: comes',
    atEveryDepth((value) => (Array.isArray(value) ? value.slice(0, 256) : value)),
  ],
  [
    'keeps 50 levels',
    'deep nesting: comes',
    decoding((value) =>
      JSON.stringify(value, (_, x) => (typeof x === 'bigint' ? `${x}` : x))?.split('{').length > 50 ? null : value,
    ),
  ],
]
