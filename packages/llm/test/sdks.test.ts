import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCache } from '@granary/core'
import { memory } from '@granary/memory'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { cachedFetch } from '../src/index.js'
import { ScriptedServer } from '../src/testing/index.js'
import { until } from './open.js'
import { type Operations, SDKS } from './sdks.js'

const folder = mkdtempSync(join(tmpdir(), 'granary-llm-'))
/** Cells of the table, each of what the server counted. */
const table = new Map<string, Record<string, string>>()

afterAll(() => {
  rmSync(folder, { recursive: true })
  console.log(printed())
})

describe.each(Object.entries(SDKS))('%s through cachedFetch', (sdk, connect) => {
  let server: ScriptedServer
  let fetch: ReturnType<typeof cachedFetch>
  let client: Operations

  beforeEach(async () => {
    server = await ScriptedServer.start()
    fetch = cachedFetch({ cache: createCache({ layers: [memory()] }) })
    client = connect(server.url, fetch)
    return () => server.close()
  })

  const note = (column: string, text: string) => {
    table.set(sdk, { ...table.get(sdk), [column]: text })
  }

  it.each(['plain', 'stream', 'tools'] as const)('asks once and answers the second call alike: %s', async (what) => {
    if (what === 'tools') server.always({ toolCalls: [{ name: 'weather', arguments: { city: 'Zürich' } }] })
    const first = await client[what]('Say something.')
    const afterFirst = server.count
    const second = await client[what]('Say something.')
    note(what, `${afterFirst} + ${server.count - afterFirst}`)
    expect(second).toEqual(first)
    expect(JSON.stringify(first)).toContain(what === 'tools' ? 'Zürich' : 'answer')
    expect({ afterFirst, afterSecond: server.count }).toEqual({ afterFirst: 1, afterSecond: 1 })
    expect(fetch.savings()).toMatchObject({ calls: 1, hits: 1 })
    await client[what]('Say something else.')
    expect(server.count).toBe(2)
  })

  it('asks for the embeddings that are not there, in the order of the request', async () => {
    if (client.embed === undefined) return note('embeddings', 'has none')
    const [a, b] = (await client.embed(['a', 'bb'])) as unknown[]
    const afterFirst = server.count
    const mixed = (await client.embed(['bb', 'ccc', 'a'])) as unknown[]
    note('embeddings', `${afterFirst} + ${server.received[1]?.body.input.length} of 3 inputs`)
    expect(server.received.map(({ body }) => body.input)).toEqual([['a', 'bb'], ['ccc']])
    expect([vector(mixed[2]), vector(mixed[0])]).toEqual([vector(a), vector(b)])
    expect(vector(mixed[1])).not.toEqual(vector(a))
    await client.embed(['ccc', 'a'])
    expect(server.count).toBe(2)
  })

  it('tells the provider when its only caller leaves, and stores nothing', async () => {
    const gate = Promise.withResolvers<void>()
    server.next({ before: (event) => (event >= 6 ? gate.promise : undefined) })
    expect(await client.abort('Say something.')).toBeDefined()
    await until(() => server.left === 1)
    gate.resolve()
    const again = await client.stream('Say something.')
    note('abort', `${server.left} left, then + ${server.count - 1}`)
    expect(JSON.stringify(again)).toContain('by')
    expect({ left: server.left, count: server.count }).toEqual({ left: 1, count: 2 })
  })

  it('N5: plays from a cassette when the server is gone', async () => {
    const cassette = join(folder, `${sdk.replace(/\W+/g, '-')}.yaml`)
    const recording = connect(server.url, cachedFetch({ cassette, mode: 'record' }))
    const recorded = [await recording.plain('One.'), await recording.stream('Two.')]
    const asked = server.count
    await server.close()
    const replaying = connect(server.url, cachedFetch({ cassette, mode: 'replay' }))
    expect([await replaying.plain('One.'), await replaying.stream('Two.')]).toEqual(recorded)
    note('replay', `${asked} + ${server.count - asked}, server gone`)
    expect({ asked, count: server.count }).toEqual({ asked: 2, count: 2 })
  })
})

function vector(item: unknown): unknown {
  return typeof item === 'object' && item !== null && 'embedding' in item ? item.embedding : item
}

function printed(): string {
  const columns = ['plain', 'stream', 'tools', 'embeddings', 'abort', 'replay']
  const rows = [...table].map(([sdk, cells]) => [sdk, ...columns.map((column) => cells[column] ?? 'FAILED')])
  const lines = [['requests seen by the server', ...columns], ...rows]
  const widths = lines[0]?.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0))) ?? []
  return lines.map((line) => line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')).join('\n')
}
