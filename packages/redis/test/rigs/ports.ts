import { createServer } from 'node:net'

/** The nodes of a Cluster listen at their port + 10,000 too. */
const HIGHEST = 55_535
const given = new Set<number>()

/** A loopback port that nobody listens at, and that was not given before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * (HIGHEST - 20_000))
    if (!given.has(port) && (await isFree(port)) && (await isFree(port + 10_000))) {
      given.add(port)
      return port
    }
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
