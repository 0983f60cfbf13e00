import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { hasRedisServer, startServer } from '../../../packages/redis/test/rigs/server.ts'
import { cacheIn } from '../src/layers.js'
import { demo, newFolder, textOf } from './demo.js'

// Each test starts processes, on a machine that may have others to run.
vi.setConfig({ testTimeout: 60_000 })

let folder: string

beforeEach(() => {
  folder = newFolder()
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('keeps values smaller than they are, and says by how much', async () => {
  const value = textOf(1, 100)
  const first = await cacheIn(folder, undefined)
  await first.cache.set('text', value)
  await first.cache.close()
  const second = await cacheIn(folder, undefined)
  expect(await second.cache.get('text')).toBe(value)
  expect(second.volume).toEqual(first.volume)
  expect(second.volume.raw).toBeGreaterThan(value.length)
  expect(second.volume.kept).toBeLessThan(second.volume.raw / 2)
  await second.cache.close()
})

it.skipIf(!hasRedisServer)(
  'has what was computed from Redis where the disk is new, and a copy of it from then on',
  async () => {
    const documents = join(folder, 'documents')
    mkdirSync(documents)
    for (let i = 0; i < 4; i++) writeFileSync(join(documents, `${i}.md`), textOf(i))
    const server = await startServer()
    try {
      const env = { REDIS_URL: server.url }
      const on = (machine: string) => demo([documents, '--cache', join(folder, machine)], { env })
      expect(await on('one')).toMatchObject({ code: 0, stderr: '', computed: { read: 4, analyse: 4 } })
      const other = await on('another')
      expect(other).toMatchObject({ code: 0, stderr: '', computed: { read: 0, analyse: 0 } })
      expect(other.stdout).toMatch(/^analyse +redis +4 +0$/m)
      expect(readFileSync(join(folder, 'another', 'report.html'), 'utf8')).toContain('<i class="layer-2"></i>redis')
      await server.kill()
      const alone = await on('another')
      expect(alone).toMatchObject({ code: 0, computed: { read: 0, analyse: 0 } })
      expect(alone.stdout).toMatch(/^analyse +sqlite +4 +0$/m)
    } finally {
      await server.stop()
    }
  },
)
