import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { canary } from '../src/canary.js'

const bird = canary()
const bytes = Buffer.from(bird.text)

describe('a canary', () => {
  it('is another each time', () => {
    expect(canary().text).not.toBe(bird.text)
    expect(bird.text).toMatch(/^[a-zA-Z0-9]{24}$/)
  })

  it.each(
    Object.entries({
      text: `before ${bird.text} behind`,
      'a property': { deep: [{ down: bird.text }] },
      'the name of a property': { [bird.text]: 1 },
      'a symbol': { [Symbol(bird.text)]: 1 },
      'the key of a Map': new Map([[bird.text, 1]]),
      'a Set': new Set([[bird.text]]),
      'the message of an error': new Error(bird.text),
      'the cause of the cause of an error': new Error('', { cause: new Error('', { cause: bird.text }) }),
      'an errors list': new AggregateError([new Error(bird.text)]),
      'a hidden property': Object.defineProperty({}, 'hidden', { value: bird.text }),
      'a function': Object.assign(() => {}, { note: bird.text }),
      bytes: new Uint8Array(Buffer.concat([new Uint8Array(3), bytes])),
      'a buffer': new Uint8Array(bytes).buffer,
      'UTF-16': Buffer.from(bird.text, 'utf16le'),
      hexadecimal: bytes.toString('hex'),
      'upper hexadecimal': bytes.toString('hex').toUpperCase(),
      base64: Buffer.concat([bytes, bytes]).toString('base64'),
      'base64, one behind': Buffer.from(`x${bird.text}`).toString('base64'),
      'base64url, two behind': Buffer.from(`xx${bird.text}yy`).toString('base64url'),
    }),
  )('is seen in %s', (_, thing) => {
    expect(bird.sightings(thing).length).toBeGreaterThan(0)
    expect(canary().sightings(thing)).toEqual([])
  })

  it('is seen in a thing that refers to itself, and says where', () => {
    const thing: Record<string, unknown> = { list: [1, bird.text] }
    thing.self = thing
    expect(bird.sightings(thing, 'event')).toEqual(['event.list.1 (as it is)'])
  })

  it('is seen in the names and the bytes of files, however deep', () => {
    const folder = mkdtempSync(join(tmpdir(), 'granary-canary-'))
    try {
      mkdirSync(join(folder, 'below'))
      writeFileSync(join(folder, 'below', 'file'), Buffer.concat([new Uint8Array(10_000), bytes, new Uint8Array(10)]))
      writeFileSync(join(folder, `${bird.text}.db`), 'nothing')
      expect(bird.sightingsInFolder(folder).sort()).toEqual([
        `${join('below', 'file')} (as it is)`,
        `the name ${bird.text}.db (as it is)`,
      ])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
