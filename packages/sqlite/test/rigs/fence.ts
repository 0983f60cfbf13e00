import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { nextLine, startScript } from '../support/processes.js'

const SCRIPT = new URL('./fence.mjs', import.meta.url)
/** Two processes invalidate, half of the keys each; the others read and compute. */
const ROLES = ['0', '1', 'read', 'read', 'read', 'read', 'read', 'read']

export interface FenceFigures {
  readonly reads: number
  readonly hits: number
  readonly invalidations: number
  /** Values older than an invalidation that had ended before they were asked for. */
  readonly resurrected: number
  /** Values older than one that the same process had read before. */
  readonly back: number
}

/** Eight processes on one file, for so many milliseconds: with the fence, or without it as a control. */
export async function invalidateWhileComputing(
  path: string,
  ms: number,
  fence: 'fenced' | 'unfenced',
): Promise<FenceFigures> {
  const truth = `${path}.truth`
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(truth, Buffer.alloc(1_024))
  const children = ROLES.map((role) => startScript(SCRIPT, [path, truth, String(ms), role, fence]))
  const told = await Promise.all(children.map(async (child) => JSON.parse(await nextLine(child)) as FenceFigures))
  await Promise.all(children.map(({ ended }) => ended))
  const sum = (name: keyof FenceFigures) => told.reduce((total, counts) => total + counts[name], 0)
  return {
    ...{ reads: sum('reads'), hits: sum('hits'), invalidations: sum('invalidations') },
    ...{ resurrected: sum('resurrected'), back: sum('back') },
  }
}
