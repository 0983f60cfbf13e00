import type { Clock } from './clock.js'
import type { GuardedStore } from './guarded-store.js'
import type { Token } from './marks.js'
import type { Lease } from './store.js'

const USUAL_LIFE = 5_000

/** Ends a claim, once what was computed under it is being written. */
export type Release = () => void

interface Lessor {
  readonly layer: GuardedStore
  /** Its place among the layers. */
  readonly index: number
  readonly life: number
}

/**
 * The right to compute a key, one holder at a time among all processes that share a layer (P8). The farthest layer that
 * gives leases decides; where it fails the next one is asked, and without any the computation goes on: a lease saves
 * work, and nothing depends on it.
 */
export class Leases {
  readonly #clock: Clock
  readonly #lessors: readonly Lessor[]

  constructor(layers: readonly GuardedStore[], clock: Clock) {
    this.#clock = clock
    const lessors = layers.flatMap((layer, index) => {
      const life = layer.store.policy?.leaseLife ?? USUAL_LIFE
      return layer.store.lease === undefined || life === 0 ? [] : [{ layer, index, life }]
    })
    this.#lessors = lessors.reverse()
  }

  /** Does any layer give leases? */
  get exist(): boolean {
    return this.#lessors.length > 0
  }

  /**
   * Waits for the right to compute a key; what `read` finds first, that another has stored meanwhile, ends the wait.
   *
   * @param read reads the key again, and tells the token anew where the layers stand
   * @returns what `read` found, or what ends the claim
   * @throws the signal's reason
   */
  async claim<T extends object>(
    token: Token,
    signal: AbortSignal,
    read: () => Promise<T | undefined>,
  ): Promise<T | Release> {
    for (const lessor of this.#lessors) {
      for (;;) {
        const lease = await this.#ask(lessor, token, signal)
        if (lease === 'failed') break
        if (lease !== undefined) return this.#keep(lessor, lease)
        const found = await read()
        if (found !== undefined) return found
      }
    }
    return () => {}
  }

  async #ask({ layer, index, life }: Lessor, token: Token, signal: AbortSignal): Promise<Lease | undefined | 'failed'> {
    if (!layer.isInUse) return 'failed'
    try {
      return await layer.store.lease?.(token.key, { life, since: token.at[index], signal })
    } catch (error) {
      signal.throwIfAborted()
      layer.tell('lease', error)
      return 'failed'
    }
  }

  /** Renews a lease at each third of its life. */
  #keep({ layer, life }: Lessor, lease: Lease): Release {
    let cancel: () => void
    const renew = async () => {
      try {
        if (await lease.renew()) arm()
      } catch (error) {
        layer.tell('lease', error)
      }
    }
    let isOver = false
    const arm = () => {
      if (!isOver) cancel = this.#clock.after(life / 3, renew)
    }
    arm()
    return () => {
      isOver = true
      cancel()
      void layer.maintain('lease', undefined, () => lease.release())
    }
  }
}
