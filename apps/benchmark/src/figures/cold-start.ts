import { spawnSync } from 'node:child_process'
import { createCache } from '@granary/core'
import { sqlite } from '@granary/sqlite'
import type { FigureGroup } from '../figure.js'
import { makeFolder } from '../folder.js'
import { median } from '../measure.js'

const SAMPLES = 15

function programOf(path: string): string {
  const from = (name: string) => JSON.stringify(import.meta.resolve(name))
  return `import { createCache } from ${from('@granary/core')}
import { memory } from ${from('@granary/memory')}
import { sqlite } from ${from('@granary/sqlite')}
const cache = createCache({ layers: [memory(), sqlite({ path: ${JSON.stringify(path)} })] })
if ((await cache.get('key')) !== 'value') throw new Error('no hit')
process.exit(0)`
}

function timeOf(program: string): number {
  const began = performance.now()
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return performance.now() - began
}

async function measure(scale: number): Promise<Record<string, number>> {
  const folder = makeFolder()
  const path = folder.next()
  const cache = createCache({ layers: [sqlite({ path })], ttl: '1d' })
  await cache.set('key', 'value')
  await cache.close()
  const program = programOf(path)
  const differences: number[] = []
  for (let i = 0; i < Math.max(3, SAMPLES * scale); i++) {
    const bare = timeOf('process.exit(0)')
    differences.push(timeOf(program) - bare)
  }
  folder.remove()
  return { 'T10-start': median(differences) }
}

export const coldStart: FigureGroup = {
  name: 'T10',
  figures: [
    {
      name: 'T10-start',
      id: 'T10',
      what: 'a new process: import of core, memory and sqlite, and the first disk hit, over bare node',
      unit: 'ms',
      target: 35,
    },
  ],
  measure,
}
