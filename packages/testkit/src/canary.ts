import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** A text that is looked for where it must not turn up; see {@link canary}. */
export interface Canary {
  /** What to put into inputs, values, keys and tags: 24 letters and digits, different each time. */
  readonly text: string
  /**
   * Where it shows, each as a path from `name`: in text and bytes, as it is or as UTF-16, hexadecimal or base64; in the
   * properties, also hidden ones, of objects and errors, in Maps and Sets. Empty is what one hopes for.
   */
  sightings(thing: unknown, name?: string): string[]
  /** The same, in the names and bytes of all files of a folder, and of those below. */
  sightingsInFolder(folder: string): string[]
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const LENGTH = 24

/** Makes a canary: a text that says where a secret gets out. */
export function canary(): Canary {
  const text = Array.from({ length: LENGTH }, () => LETTERS[Math.floor(Math.random() * LETTERS.length)]).join('')
  const forms = formsOf(text)

  function look(thing: unknown, path: string, seen: Set<unknown>): string[] {
    if (typeof thing === 'string') return lookIn(Buffer.from(thing), path)
    if ((typeof thing !== 'object' && typeof thing !== 'function') || thing === null || seen.has(thing)) return []
    seen.add(thing)
    if (thing instanceof ArrayBuffer) return lookIn(Buffer.from(thing), path)
    if (ArrayBuffer.isView(thing)) {
      return lookIn(Buffer.from(thing.buffer as ArrayBuffer, thing.byteOffset, thing.byteLength), path)
    }
    const inside = thing instanceof Map || thing instanceof Set ? [...thing.entries()].flat() : []
    return [
      ...inside.flatMap((each, i) => look(each, `${path}.entries()[${i}]`, seen)),
      ...Reflect.ownKeys(thing).flatMap((key) => [
        ...look(typeof key === 'symbol' ? key.description : key, `${path}[${String(key)}]`, seen),
        ...look(propertyOf(thing, key), `${path}.${String(key)}`, seen),
      ]),
    ]
  }

  function lookIn(bytes: Buffer, path: string): string[] {
    return [...forms].filter(([, form]) => bytes.includes(form)).map(([name]) => `${path} (${name})`)
  }

  function lookInFolder(folder: string): string[] {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((path) => {
      const file = join(folder, path)
      return [
        ...lookIn(Buffer.from(path), `the name ${path}`),
        ...(statSync(file).isFile() ? lookIn(readFileSync(file), path) : []),
      ]
    })
  }

  return {
    text,
    sightings: (thing, name = 'it') => look(thing, name, new Set()),
    sightingsInFolder: lookInFolder,
  }
}

function formsOf(text: string): Map<string, Buffer> {
  const forms = new Map<string, Buffer>([
    ['as it is', Buffer.from(text)],
    ['as UTF-16', Buffer.from(text, 'utf16le')],
    ['in hexadecimal', Buffer.from(Buffer.from(text).toString('hex'))],
    ['in upper hexadecimal', Buffer.from(Buffer.from(text).toString('hex').toUpperCase())],
  ])
  // Base64 depends on where in a group of three the text begins; letters and digits make no + or /, which base64url changes.
  for (const before of [0, 1, 2]) {
    const encoded = Buffer.from(' '.repeat(before) + text).toString('base64url')
    forms.set(`in base64, ${before} behind`, Buffer.from(encoded.slice(before === 0 ? 0 : before + 1, -3)))
  }
  return forms
}

function propertyOf(thing: object, key: PropertyKey): unknown {
  try {
    return Reflect.get(thing, key)
  } catch {
    return undefined
  }
}
