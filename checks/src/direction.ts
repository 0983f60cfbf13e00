// The direction of the imports between packages. A package may import those of a lower rank, so two backends never meet.
const ranks: Readonly<Record<string, number>> = {
  '@granary/core': 0,
  '@granary/codec': 1,
  '@granary/testkit': 1,
  '@granary/memory': 2,
  '@granary/sqlite': 2,
  '@granary/redis': 2,
  '@granary/compression': 2,
  '@granary/encryption': 2,
  '@granary/llm': 2,
  '@granary/graph': 2,
  granary: 3,
  '@granary/demo': 4,
  '@granary/benchmark': 4,
  '@granary/reference': 4,
}

/** Says what is wrong with one package importing another at run time; undefined when nothing is, or it is not of Granary. */
export function wrongDirection(from: string, to: string): string | undefined {
  const own = ranks[from]
  if (own === undefined) return `${from} has no rank yet: give it one in checks/src/direction.ts`
  const other = ranks[to]
  if (other === undefined) return undefined
  if (to === '@granary/testkit' && from !== '@granary/benchmark') return `${from} may use ${to} in its tests only`
  return other < own ? undefined : `${from} may not import ${to}`
}
