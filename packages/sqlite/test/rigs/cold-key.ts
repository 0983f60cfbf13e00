import Database from 'better-sqlite3'
import { type Child, nextLine, startScript } from '../support/processes.js'

const SCRIPT = new URL('./cold-key.mjs', import.meta.url)
const PROCESSES = 8
/** Milliseconds that a computation takes. */
const COMPUTING = 50

/** What a process says of a key. */
type Said =
  | { readonly computes: number; readonly at: number }
  | { readonly has: { readonly by: number; readonly at: number }; readonly at: number }

export interface ColdKeyFigures {
  readonly computations: number
  /** Milliseconds from when the value was computed until each of the others had it. */
  readonly waited: readonly number[]
}

/** Eight processes ask for the same cold key at once, again and again. */
export async function askForColdKeys(path: string, rounds: number): Promise<ColdKeyFigures> {
  const children = await start(path, 5_000, PROCESSES)
  const waited: number[] = []
  let computations = 0
  for (let round = 0; round < rounds; round++) {
    for (const said of await askAll(children, `cold ${round}`, () => computations++)) waited.push(said)
  }
  await end(children)
  return { computations, waited }
}

export interface TakeoverFigures {
  /** Computations that were begun, the killed ones included: two for each kill are enough. */
  readonly computations: number
  /** Milliseconds from the end of the dead process's lease until the next computation began. */
  readonly late: readonly number[]
}

/** Who computes a cold key is killed with -9 while others wait for it, again and again. */
export async function killLeaders(path: string, kills: number, life = 500): Promise<TakeoverFigures> {
  let children = await start(path, life, PROCESSES)
  const late: number[] = []
  let computations = 0
  for (let round = 0; round < kills; round++) {
    let leaseEnded: Promise<number> | undefined
    await askAll(children, `cold ${round}`, async (leader, at) => {
      computations++
      if (leaseEnded !== undefined) {
        late.push(at - (await leaseEnded))
        return
      }
      leader.process.kill('SIGKILL')
      leaseEnded = leader.ended.then(() => leaseEnd(path))
    })
    const alive = children.filter(({ process }) => process.signalCode === null)
    children = [...alive, ...(await start(path, life, PROCESSES - alive.length))]
  }
  await end(children)
  return { computations, late }
}

async function start(path: string, life: number, count: number): Promise<Child[]> {
  const children = Array.from({ length: count }, () => startScript(SCRIPT, [path, String(life), String(COMPUTING)]))
  await Promise.all(children.map(nextLine))
  return children
}

async function end(children: readonly Child[]): Promise<void> {
  for (const { process } of children) process.stdin.end()
  await Promise.all(children.map(({ ended }) => ended))
}

/** How long each waited that did not compute, and lives. */
async function askAll(
  children: readonly Child[],
  key: string,
  onComputes: (child: Child, at: number) => unknown,
): Promise<number[]> {
  for (const { process } of children) process.stdin.write(`${JSON.stringify({ key })}\n`)
  const waits = children.map(async (child) => {
    for (;;) {
      const { value: line, done } = await child.lines.next()
      if (done) return []
      const said = JSON.parse(line) as Said
      if ('computes' in said) await onComputes(child, said.at)
      else return said.has.by === child.process.pid ? [] : [said.at - said.has.at]
    }
  })
  return (await Promise.all(waits)).flat()
}

/** When the only lease in the file ends, in milliseconds since the Unix epoch. */
function leaseEnd(path: string): number {
  const db = new Database(path, { readonly: true })
  const until = db.prepare<[], number>('SELECT max(until) FROM lease').pluck().get()
  db.close()
  return until as number
}
