import { Cluster, Command, Redis } from 'ioredis'
import { Buckets } from './buckets.js'
import type { Script } from './scripts.js'
import { watchSilence } from './silence.js'

/** A client of ioredis: for one server, also behind Sentinel, or for a Cluster. */
export type Client = Redis | Cluster

type Argument = string | number | Buffer

/** Events after which another server may answer. */
const NEW_SERVER = ['ready', 'close', '+node', '-node']

/** How a store talks to its server: the client, where keys live, and what must be said of the client's state. */
export class Connection {
  readonly client: Client
  readonly buckets: Buckets
  readonly isCluster: boolean
  /** What publishes a message: to those who listen to a bucket's own node, in a Cluster. */
  readonly publish: 'PUBLISH' | 'SPUBLISH'
  readonly #owned: boolean
  readonly #underWay = new Set<Promise<unknown>>()
  /** Scripts that the server has seen since it was connected to, each with the bucket: another node may serve that. */
  readonly #seen = new Set<string>()
  readonly #forgetScripts = () => this.#seen.clear()
  #ending: Promise<void> | undefined

  /** @param owned the client was made for the store, and ends with it */
  constructor(client: Client, prefix: string, owned: boolean) {
    this.client = client
    this.#owned = owned
    this.isCluster = client instanceof Cluster || client.isCluster
    this.publish = this.isCluster ? 'SPUBLISH' : 'PUBLISH'
    this.buckets = new Buckets(prefix, client.options.keyPrefix ?? '', this.isCluster)
    for (const event of NEW_SERVER) client.on(event, this.#forgetScripts)
    if (owned) failFastFrom(client)
  }

  get closed(): boolean {
    return this.#ending !== undefined
  }

  /**
   * Sends a command; the reply has buffers where the server sent text. A lane joins what goes together: a client's own
   * auto-pipelining would have it wait for the answer to what went before, so it is passed by.
   */
  call<T>(command: string, ...args: Argument[]): Promise<T> {
    const { client } = this
    const options = { replyEncoding: null, keyPrefix: client.options.keyPrefix }
    return this.#track(client.sendCommand(new Command(command, args, options as object)) as Promise<T>)
  }

  /** Runs a script on keys of one bucket: by its text the first time on a connection, by its digest from then on. */
  run<T>(script: Script, bucket: number, keys: readonly string[], args: readonly Argument[]): Promise<T> {
    const name = `${bucket}${script.sha}`
    if (!this.#seen.has(name)) {
      this.#seen.add(name)
      return this.call<T>('EVAL', script.lua, keys.length, ...keys, ...args)
    }
    return this.call<T>('EVALSHA', script.sha, keys.length, ...keys, ...args).catch((error: Error) => {
      if (!error.message.startsWith('NOSCRIPT')) throw error
      return this.call<T>('EVAL', script.lua, keys.length, ...keys, ...args)
    })
  }

  /** Waits for what was sent, then lets go of the client. */
  close(): Promise<void> {
    this.#ending ??= this.#end()
    return this.#ending
  }

  async #end(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay)
    for (const event of NEW_SERVER) this.client.off(event, this.#forgetScripts)
    if (this.#owned) this.client.disconnect()
  }

  #track<T>(sent: Promise<T>): Promise<T> {
    this.#underWay.add(sent)
    const done = () => void this.#underWay.delete(sent)
    sent.then(done, done)
    return sent
  }
}

/**
 * What is called before the first connection waits for it. From then on, or once that has failed, calls fail at once
 * while there is no connection: a cache is better off without its server than waiting for it.
 */
function failFastFrom(client: Client): void {
  // Told to nobody here: what fails is each call, and those who listen to the store are told of that.
  client.on('error', () => {})
  client.on('close', () => (client.options.enableOfflineQueue = false))
  if (client instanceof Redis) {
    client.once('ready', () => (client.options.enableOfflineQueue = false))
    watchSilence(client)
    return
  }
  client.on('node error', () => {})
  client.on('+node', (node: Redis) => {
    watchSilence(node)
    // Until it is connected, the Cluster refuses commands for it.
    if (node.status === 'wait' && !node.options.readOnly) node.connect().catch(() => {})
  })
}
