import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { namespaceNames } from '@granary/core'
import { openCache } from 'granary'
import { expect, it } from 'vitest'
import { cachedFetch, modelFrom } from '../src/index.js'
import { ScriptedServer } from '../src/testing/index.js'
import { article, GOOD, Summarize } from './workers.js'

it('N4: what was saved is known after restarts, by model and by worker', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'granary-savings-'))
  await using server = await ScriptedServer.start()
  server.always({ text: GOOD, usage: { input: 1_000, output: 100 } })
  const prices = { small: { input: 1, output: 10 }, large: { input: 10, output: 100 } }
  for (let restart = 0; restart < 3; restart++) {
    await using cache = openCache(folder)
    const fetch = cachedFetch({ cache, prices })
    for (const model of ['small', 'large']) {
      const body = JSON.stringify({ model, messages: [] })
      await (await fetch(`${server.url}/v1/chat/completions`, { method: 'POST', body })).text()
    }
    const model = modelFrom({ provider: 'openai', model: 'large', baseURL: `${server.url}/v1`, apiKey: 'k' })
    await new Summarize({ cache, prices, model }).run(article)
  }
  expect(server.count).toBe(3)
  await using cache = openCache(folder)
  const saved = await cache.savings()
  const costs = saved.map(({ namespace, hits, cost }) => [namespaceNames(namespace).at(-1), hits, round(cost)])
  rmSync(folder, { recursive: true })
  expect(costs.sort()).toEqual([
    ['model:large', 2, 0.04],
    ['model:small', 2, 0.004],
    ['version:', 2, 0.04],
  ])
})

function round(dollars: number): number {
  return Math.round(dollars * 1e6) / 1e6
}
