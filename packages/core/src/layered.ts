import { type Awaitable, chain } from './awaitable.js'
import { systemClock } from './clock.js'
import type { Entry } from './entry.js'
import type { Found } from './found.js'
import { hold, valueIn } from './held-entry.js'
import { acknowledgement } from './layer-outcomes.js'
import { LayeredStore } from './layered-store.js'
import type { Token } from './marks.js'
import { type Look, type Position, refused, type SetOutcome, type Store } from './store.js'

/**
 * Stacks stores, nearest first, into one that reads down, promotes up and writes through: a layered store is a store.
 * A cache takes it apart into its layers.
 *
 * @throws GranaryError `INVALID_OPTION` for no layer, or for what is no store
 */
export function layered(...stores: Store[]): Store {
  const layers = new LayeredStore(stores, systemClock(), 'frozen')
  const { marks, upkeep } = layers

  const end = (token: Token, found: Found | undefined): Entry | undefined => {
    marks.end(token)
    return found && { ...found.held, value: valueIn(found.held) }
  }

  /** With all positions, also of the layers that a hit does not come to. */
  const lookAt = async (key: string, look: Look): Promise<Entry | undefined> => {
    marks.rememberKeys()
    const token = marks.begin(key)
    await layers.look([token])
    const found = await layers.readAny(token)
    look.at = [token.since, ...token.at]
    return end(token, found)
  }

  const write = (key: string, entry: Entry, since: number, token?: Token): Awaitable<SetOutcome> => {
    try {
      return chain(layers.write(key, hold(entry.value, entry, since, 'frozen'), token), acknowledgement)
    } catch {
      return chain(layers.delete(key), () => refused('unsupported-value'))
    }
  }

  return {
    name: layers.layers.map(({ store }) => store.name).join(' > '),
    durable: layers.layers.some(({ store }) => store.durable === true),
    layers: layers.layers.map(({ store }) => store),
    get(key, look) {
      if (look !== undefined) return lookAt(key, look)
      const token = marks.begin(key)
      return chain(layers.readAny(token), (found) => end(token, found))
    },
    set(key, entry, since) {
      if (since === undefined) return write(key, entry, marks.position)
      const [began, ...at] = Array.isArray(since) ? (since as readonly (Position | undefined)[]) : []
      if (typeof began !== 'number') return refused('forgotten')
      const reason = marks.refusalSince(began, key, entry)
      if (reason !== undefined) return refused(reason)
      const token = marks.begin(key)
      token.at.push(...at)
      marks.end(token)
      return write(key, entry, began, token)
    },
    delete: (key) => layers.delete(key),
    deleteMany: (keys) => layers.deleteMany(keys),
    invalidate: (all) => layers.invalidate(all),
    clear: () => layers.invalidate([{ namespace: '' }]),
    entries: () => upkeep.entries(),
    prune: () => upkeep.prune(),
    evict: () => upkeep.evict(),
    /** Of the farthest layer, which holds the most. */
    stats: async () => (await upkeep.stats()).at(-1) ?? { entries: 0, bytes: 0 },
    observe: (listener) => layers.watch((_, operation, error) => void listener({ operation, error })),
    close: () => layers.close(),
  }
}
