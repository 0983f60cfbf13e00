/** Numbers that look random and are the same for the same seed (mulberry32, Tommy Ettinger), so that a finding can be made again. */
export interface Random {
  /** A whole number from 0 to below `end`. */
  below(end: number): number
  /** True once in `n`, on average. */
  oneIn(n: number): boolean
  pick<T>(items: readonly T[]): T
}

export function randomFrom(seed: number): Random {
  let state = seed | 0
  function below(end: number): number {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end)
  }
  return {
    below,
    oneIn: (n) => below(n) === 0,
    pick: (items) => items[below(items.length)] as never,
  }
}
