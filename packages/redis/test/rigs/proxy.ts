import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Stands between a client and a server. */
export interface Proxy {
  readonly url: string
  /** Nothing comes through any more on the connections that there are, and none of them is closed: half-open TCP. */
  swallow(): void
  /** Ms from {@link Proxy.swallow} until the client had given up all those connections. */
  givenUp(): Promise<number>
  stop(): Promise<void>
}

export async function startProxy(port: number): Promise<Proxy> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let swallowedAt = 0
  let waiting: Promise<unknown>[] = []
  const proxy = createServer((client) => {
    const server = connect(port, '127.0.0.1')
    const pair = [client, server] as const
    pairs.add(pair)
    client.pipe(server).pipe(client)
    for (const socket of pair) socket.on('error', () => {})
    client.on('close', () => {
      pairs.delete(pair)
      server.destroy()
    })
    server.on('close', () => client.destroy())
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  return {
    url: `redis://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    swallow() {
      swallowedAt = performance.now()
      waiting = [...pairs].map(([client, server]) => {
        client.unpipe(server)
        server.unpipe(client)
        // What comes is read, so that the end of the connection is noticed.
        client.resume()
        server.resume()
        return once(client, 'close')
      })
    },
    async givenUp() {
      await Promise.all(waiting)
      return performance.now() - swallowedAt
    },
    async stop() {
      for (const [client] of pairs) client.destroy()
      proxy.close()
      await once(proxy, 'close')
    },
  }
}
