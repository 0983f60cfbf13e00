import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { ScriptedServer } from '../src/testing/index.js'
import { cassetteFixture } from '../src/vitest/index.js'

const folder = mkdtempSync(join(tmpdir(), 'granary-fixture-'))
let server: ScriptedServer
beforeAll(async () => {
  server = await ScriptedServer.start()
})
afterAll(() => rmSync(folder, { recursive: true }))

const post = (fetch: typeof globalThis.fetch, prompt: string) =>
  fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'gpt-5', messages: [{ role: 'user', content: prompt }] }),
  })

describe('cassetteFixture', () => {
  const recording = test.extend({ fetch: cassetteFixture({ mode: 'record', folder }) })
  const replaying = test.extend({ fetch: cassetteFixture({ folder }) })
  let recorded = ''

  recording('gives each test a cassette of its own', async ({ fetch }) => {
    recorded = await (await post(fetch, 'Hello.')).text()
    expect(fetch.cassette?.path).toContain(
      join('cassette-fixture.test.ts', 'cassetteFixture--gives-each-test-a-cassette-of-its-own.yaml'),
    )
  })

  describe('that was recorded', () => {
    recording('is replayed', async ({ fetch }) => {
      await (await post(fetch, 'One.')).text()
      await (await post(fetch, 'Two.')).text()
    })
  })

  it('leaves the files beside the test', () => {
    expect(readdirSync(join(folder, 'cassette-fixture.test.ts')).sort()).toEqual([
      'cassetteFixture--gives-each-test-a-cassette-of-its-own.yaml',
      'cassetteFixture--that-was-recorded--is-replayed.yaml',
    ])
  })

  // The same name: the cassette of the test above, now without a server.
  replaying('gives each test a cassette of its own', async ({ fetch }) => {
    await server.close()
    expect(await (await post(fetch, 'Hello.')).text()).toBe(recorded)
    const missed = await post(fetch, 'Good bye.')
    expect(missed.status).toBe(412)
    expect(await missed.text()).toContain('recorded \\"Hello.\\", asked \\"Good bye.\\"')
  })
})

describe('a recording that was made to its end', () => {
  const pruning = test.extend({ fetch: cassetteFixture({ mode: 'record', folder }) })
  let first = ''

  pruning('drops what is no longer asked for', async ({ fetch }) => {
    server = await ScriptedServer.start()
    for (const prompt of ['One.', 'Two.']) await (await post(fetch, prompt)).text()
    first = fetch.cassette?.path ?? ''
  })

  pruning('drops what is no longer asked for', async ({ fetch }) => {
    await (await post(fetch, 'Two.')).text()
  })

  it('and keeps the rest', async () => {
    await server.close()
    const text = readFileSync(first, 'utf8')
    expect(text).toContain('Two.')
    expect(text).not.toContain('One.')
  })
})
