import type { Store } from '../src/index.js'

type Method = (...args: unknown[]) => unknown
const METHODS = ['get', 'set', 'delete', 'clear', 'getMany', 'setMany', 'deleteMany', 'invalidate'] as const

function wrapped(store: Store, wrap: (method: Method) => Method): Store {
  const own = METHODS.flatMap((name) => {
    const method = store[name] as Method | undefined
    return method === undefined ? [] : [[name, wrap((...args) => method.apply(store, args))]]
  })
  return { ...store, ...Object.fromEntries(own) }
}

/** Calls take effect at once, and are answered when the scheduler wants: a queue that reads look into. */
export function answeredLate(store: Store, turn: () => Promise<void>): Store {
  return wrapped(store, (method) => async (...args) => {
    const answer = method(...args)
    await turn()
    return answer
  })
}

/** Calls take effect one after the other, each when the scheduler wants: a connection to a server. */
export function piped(store: Store, turn: () => Promise<void>): Store {
  let last: Promise<unknown> = Promise.resolve()
  return wrapped(store, (method) => async (...args) => {
    const before = last
    const own = (async () => {
      await before
      await turn()
      return method(...args)
    })()
    last = own.catch(() => {})
    return own
  })
}

/** Every third call fails without taking effect. */
export function failing(store: Store): Store {
  let calls = 0
  return wrapped(store, (method) => async (...args) => {
    if (++calls % 3 === 0) throw new Error('as planned')
    return method(...args)
  })
}
