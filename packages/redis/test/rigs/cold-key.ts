import type { Redis } from 'ioredis'
import { sharedNow } from './lines.mjs'
import { type Child, end, startScript, tell } from './processes.ts'
import type { Server } from './server.ts'

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
export async function askForColdKeys(server: Server, rounds: number): Promise<ColdKeyFigures> {
  const children = await start(server, 5_000, PROCESSES)
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
export async function killLeaders(server: Server, kills: number, life = 500): Promise<TakeoverFigures> {
  const admin = server.admin()
  let children = await start(server, life, PROCESSES)
  const late: number[] = []
  let computations = 0
  for (let round = 0; round < kills; round++) {
    let leaseEnded: Promise<number> | undefined
    await askAll(children, `killed ${round}`, async (leader, at) => {
      computations++
      if (leaseEnded !== undefined) {
        late.push(at - (await leaseEnded))
        return
      }
      leader.process.kill('SIGKILL')
      leaseEnded = leader.ended.then(() => leaseEnd(admin))
    })
    const alive = children.filter(({ process }) => process.signalCode === null)
    children = [...alive, ...(await start(server, life, PROCESSES - alive.length))]
  }
  await end(children)
  return { computations, late }
}

const start = (server: Server, life: number, count: number): Promise<Child[]> =>
  Promise.all(Array.from({ length: count }, () => startScript(SCRIPT, [server.url, String(life), String(COMPUTING)])))

/** How long each waited that did not compute, and lives. */
async function askAll(
  children: readonly Child[],
  key: string,
  onComputes: (child: Child, at: number) => unknown,
): Promise<number[]> {
  for (const child of children) tell(child, { key })
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

/** When the only lease on the server ends, by the clock that processes have in common. */
async function leaseEnd(admin: Redis): Promise<number> {
  const [name] = await admin.keys('*l:*')
  return sharedNow() + (name === undefined ? 0 : Math.max(0, await admin.pttl(name)))
}
