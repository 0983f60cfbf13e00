import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { type Cache, createCache } from '@granary/core'
import { sqlite } from '@granary/sqlite'
import type { FigureGroup } from '../figure.js'
import { makeFolder } from '../folder.js'
import { median } from '../measure.js'
import { keyOf, profileOf } from '../samples.js'

const PYTHONS = ['/usr/bin/python3', 'python3']
const ROUNDS = 5
const OPERATIONS = 4_000

/** As its documentation shows it: a Cache with its defaults; `transact` for many at once. Prints µs an operation. */
const SCRIPT = `
import json, sys, time
from diskcache import Cache
folder, values = sys.argv[1], json.load(sys.stdin)
cache, n = Cache(folder), len(values)
def per(work):
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1e6 / n
def one():
    for key, value in values: cache.set('one ' + key, value)
def bulk():
    for at in range(0, n, 1000):
        with cache.transact():
            for key, value in values[at:at + 1000]: cache.set('bulk ' + key, value)
def hit():
    for key, value in values:
        if cache.get('one ' + key)['id'] != value['id']: raise ValueError
print(json.dumps([per(one), per(bulk), per(hit)]))
`

type Costs = [one: number, bulk: number, hit: number]

function python(): string | undefined {
  return PYTHONS.find((command) => spawnSync(command, ['-c', 'import diskcache']).status === 0)
}

function theirs(command: string, folder: string, values: unknown): Costs {
  mkdirSync(folder)
  const { stdout, stderr, status } = spawnSync(command, ['-c', SCRIPT, folder], {
    input: JSON.stringify(values),
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as Costs
}

async function ours(cache: Cache, values: readonly (readonly [string, { id: number }])[]): Promise<Costs> {
  const per = async (work: () => Promise<void>) => {
    const began = performance.now()
    await work()
    return ((performance.now() - began) * 1_000) / values.length
  }
  const one = await per(async () => {
    for (const [key, value] of values) await cache.set(`one ${key}`, value)
  })
  const bulk = await per(async () => {
    for (let at = 0; at < values.length; at += 1_000)
      await Promise.all(values.slice(at, at + 1_000).map(([key, value]) => cache.set(`bulk ${key}`, value)))
  })
  const hit = await per(async () => {
    for (const [key, { id }] of values)
      if ((await cache.get<{ id: number }>(`one ${key}`))?.id !== id) throw new Error('another value')
  })
  return [one, bulk, hit]
}

const NAMES = ['T4-diskcache-one', 'T4-diskcache-bulk', 'T3-diskcache-hit'] as const
const TARGETS = [1 / 3, 1 / 4, 1 / 1.2].map((target) => Math.round(target * 100) / 100)
const WHAT = ['set, one by one', 'set, 1,000 at once', 'disk hit'].map(
  (operation) => `${operation}: its time over that of Python's diskcache`,
)

export const diskcache: FigureGroup = {
  name: 'diskcache',
  figures: NAMES.map((name, i) => ({
    name,
    id: name.slice(0, 2),
    what: WHAT[i] as string,
    unit: '×',
    target: TARGETS[i] as number,
  })),
  missing: () => (python() === undefined ? 'Python has no diskcache: apt-get install python3-diskcache' : undefined),
  async measure(scale) {
    const command = python() as string
    const count = Math.max(100, Math.round(OPERATIONS * scale))
    const folder = makeFolder()
    const ratios: number[][] = [[], [], []]
    for (let round = 0; round < Math.max(1, ROUNDS * Math.min(1, scale * 20)); round++) {
      const values = Array.from({ length: count }, (_, i) => [keyOf(i), profileOf(i, round)] as const)
      const cache = createCache({ layers: [sqlite({ path: folder.next() })], ttl: '1d' })
      const [own, other] = [await ours(cache, values), theirs(command, folder.next(), values)]
      await cache.close()
      for (const [i, cost] of own.entries()) ratios[i]?.push(cost / (other[i] as number))
    }
    folder.remove()
    return Object.fromEntries(NAMES.map((name, i) => [name, median(ratios[i] as number[])]))
  },
}
