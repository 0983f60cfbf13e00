import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { exportBundle, importBundle } from '@granary/codec'
import { compress } from '@granary/compression'
import {
  CachedTaskWorker,
  type CacheEvent,
  cached,
  createCache,
  defineTask,
  type Run,
  type StandardSchema,
  type TaskOf,
} from '@granary/core'
import { memory } from '@granary/memory'
import { sqlite } from '@granary/sqlite'
import { canary, mapStore } from '@granary/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { seal } from '../src/seal.js'
import { keyOf } from './entries.js'

const bird = canary()
const keys = [keyOf(1)]
let folder = ''
const written: unknown[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'granary-canary-'))
  written.length = 0
  for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const)
    vi.spyOn(console, name).mockImplementation((...args) => void written.push(args))
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((text) => written.push(text) > 0)
})

afterEach(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true, force: true })
})

const anyText: StandardSchema<{ text: string }> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      typeof (value as { text?: unknown }).text === 'string'
        ? { value: value as { text: string } }
        : { issues: [{ message: 'no text', path: ['text'] }] },
  },
}
const Question = defineTask('question', anyText)
const Answer = defineTask('answer', anyText)
type Question = TaskOf<typeof Question>
type Answer = TaskOf<typeof Answer>

class Ask extends CachedTaskWorker<Question, Answer> {
  readonly name = 'ask'
  readonly inputType = Question
  readonly outputTypes = [Answer]
  override getCacheKey(task: Question) {
    return [task.text]
  }
  async consumeWork(task: Question, run: Run<Answer>) {
    run.publishWork(Answer({ text: `answer to ${task.text}` }))
  }
}

/**
 * Does what a program does with a cache, with the canary in all that is a program's own; what went wrong is returned.
 *
 * @param isReplaced its file is set aside meanwhile, which is a gap: the one value that is being computed when that is noticed is refused
 */
async function use(open: () => ReturnType<typeof createCache>, isReplaced = false): Promise<unknown[]> {
  const cache = open()
  const [told, thrown]: [CacheEvent[], unknown[]] = [[], []]
  cache.on((event) => told.push(event))
  const attempt = async (action: () => unknown) => {
    try {
      await action()
    } catch (error) {
      thrown.push(error)
    }
  }
  const { text } = bird
  const tenant = cache.namespace('tenant')
  await cache.set(text, { text, list: [text], map: new Map([[text, text]]) }, { tags: [text] })
  await tenant.set(`report of ${text}`, text.repeat(5_000), { tags: [`tag ${text}`] })
  await cache.setMany([
    [`${text} 1`, 1],
    [`${text} 2`, Buffer.from(text.repeat(100))],
  ])
  const search = cached(async (q: { text: string }) => `found ${q.text}`, { name: 'search', cache })
  expect(await search({ text })).toContain(text)
  await new Ask({ cache }).run(Question({ text }))
  // Misuse, and what cannot be kept.
  await attempt(() => cache.set(text, { text, onDone: () => text }))
  await attempt(() => cache.set(`${text}\ud800`, 1))
  await attempt(() => cache.namespace(`${text}\ud800`))
  await attempt(() => cache.invalidateTags([text, `${text}\ud800`]))
  await attempt(() => Question({ question: text } as never))
  await attempt(() => cache.getOrCompute(`${text} 3`, async () => 1, { mode: 'only-if-cached' }))
  await attempt(() =>
    cache.getOrCompute(`${text} 4`, (run) => cache.getOrCompute(`${text} 4`, () => run.signal.aborted)),
  )
  await attempt(() => cache.getOrCompute(`${text} 5`, () => new Promise(() => {}), { timeout: 20 }))
  await cache.getOrComputeMany([`${text} 1`, `${text} 6`], async (missing) => missing)
  await cache.delete(`${text} 1`)
  await cache.invalidateTags([`another ${text}`])
  await cache.namespace('cleared').clear()
  await cache.prune()
  const listed = []
  for await (const entry of cache.entries()) listed.push(entry)
  expect(bird.sightings(listed).length, 'the canary sings').toBeGreaterThan(isReplaced ? 4 : 5)
  const stats = await cache.stats()
  expect(thrown.length).toBeGreaterThan(4)
  await cache.close()
  return [told, thrown, stats]
}

/** Flips a byte of every page of a file but the first, so that some of what is read is damaged. */
function damage(path: string): void {
  const bytes = readFileSync(path)
  const file = openSync(path, 'r+')
  for (let at = 4_096 + 2_000; at < bytes.length; at += 4_096)
    writeSync(file, Uint8Array.of((bytes[at] as number) ^ 0xff), 0, 1, at)
}

describe.each([
  ['in the clear', () => []],
  ['signed', () => [compress(), seal({ keys, mode: 'sign' })]],
  ['encrypted', () => [seal({ keys })]],
  ['compressed and encrypted', () => [compress(), seal({ keys })]],
] as const)('fault 46: a canary in a cache that is %s', (name, codec) => {
  const isEncrypted = name.includes('encrypted')

  it('is in no event, error, log or metric, also when the file is damaged', async () => {
    const path = join(folder, 'granary.db')
    const open = () => createCache({ layers: [memory(), sqlite({ path, codec: codec() })], ttl: '1h', timeout: '2s' })
    const first = await use(open)
    damage(path)
    const second = await use(open, true)
    writeFileSync(path, 'no database')
    const third = await use(open, true)
    expect(bird.sightings([first, second, third], 'told')).toEqual([])
    expect(bird.sightings(written, 'written')).toEqual([])
  })

  it(`is ${isEncrypted ? 'in no byte' : 'in bytes'} of the database and of its WAL`, async () => {
    const path = join(folder, 'granary.db')
    const cache = createCache({ layers: [sqlite({ path, codec: codec() })], ttl: '1h' })
    await cache.set(bird.text, bird.text, { tags: [bird.text] })
    await cache.namespace('a').namespace(bird.text).set(`a ${bird.text}`, 1)
    await cache.namespace(bird.text).clear()
    await cache.invalidateTags([`${bird.text} b`])
    await cache.delete(`${bird.text} c`)
    expect(existsSync(`${path}-wal`)).toBe(true)
    const whileOpen = bird.sightingsInFolder(folder)
    await cache.close()
    await use(() => createCache({ layers: [sqlite({ path, codec: codec() })], ttl: '1h' }))
    const all = [...whileOpen, ...bird.sightingsInFolder(folder)]
    if (isEncrypted) expect(all).toEqual([])
    else expect(all).toContain('granary.db-wal (as it is)')
  })

  it(`is ${isEncrypted ? 'in no byte' : 'in bytes'} of a value of megabytes, which is in a file of its own`, async () => {
    const cache = createCache({ layers: [sqlite({ path: join(folder, 'granary.db'), codec: codec() })], ttl: '1h' })
    // Too random to become small.
    const large = randomBytes(5 * 1024 ** 2)
    for (let at = 0; at < large.length; at += 1024 ** 2) large.write(bird.text, at + 1_000)
    await cache.set('large', large)
    const files = readdirSync(join(folder, 'granary.db-values'))
    expect(files).toHaveLength(1)
    expect(bird.sightings(await cache.get('large'), 'what is read')).toEqual(['what is read (as it is)'])
    await cache.close()
    const seen = bird.sightingsInFolder(folder)
    if (isEncrypted) expect(seen).toEqual([])
    else expect(seen).toEqual([`granary.db-values/${files[0]} (as it is)`])
  })

  it('is in no byte of what is kept for explanations of calls and workers', async () => {
    const { text } = bird
    const cache = createCache({ layers: [sqlite({ path: join(folder, 'granary.db'), codec: codec() })], ttl: '1h' })
    const search = cached(async (_: { text: string; page: number }) => 1, { name: 'search', cache })
    await search({ text, page: 1 })
    await new Ask({ cache }).run(Question({ text: `what is ${text}?` }))
    await search.delete({ text, page: 3 })
    const { nearest } = await search.explain({ text, page: 2 })
    expect(nearest?.differs, 'parts are kept').toEqual(['arguments[0].page'])
    await cache.close()
    const file = new DatabaseSync(join(folder, 'granary.db'))
    const kept = file.prepare('SELECT * FROM key_part').all()
    const rest = ['fate', 'mark_log', 'saving'].map((table) => file.prepare(`SELECT * FROM ${table}`).all())
    file.close()
    expect(kept.length).toBeGreaterThan(1)
    expect(bird.sightings([kept, rest], 'kept')).toEqual([])
  })

  it(`N10: is ${isEncrypted ? 'in no byte' : 'in bytes'} of a bundle, nor in what is told of one that is damaged`, async () => {
    const { text } = bird
    const store = sqlite({ path: join(folder, 'granary.db'), codec: codec() })
    const cache = createCache({ layers: [store], ttl: '1h' })
    await cache.set(text, text, { tags: [text] })
    await cache.namespace(text).set(`a ${text}`, { text }, { tags: [text] })
    const pieces: Uint8Array[] = []
    for await (const piece of exportBundle(store, { namespace: [], tags: [text], codec: codec() })) pieces.push(piece)
    const bundle = Buffer.concat(pieces)
    await cache.close()
    if (isEncrypted) expect(bird.sightings(bundle)).toEqual([])
    else expect(bird.sightings(bundle)).toContain('it (as it is)')

    const told: unknown[] = []
    for (let at = 4; at < bundle.length; at += 7) {
      const damaged = Buffer.from(bundle)
      damaged[at] = (damaged[at] as number) ^ 0x10
      const stream = new Blob([damaged]).stream()
      told.push(await importBundle(mapStore(), stream, { codec: codec() }).catch((error: unknown) => error))
    }
    expect(bird.sightings([told, written], 'told')).toEqual([])
  })
})
