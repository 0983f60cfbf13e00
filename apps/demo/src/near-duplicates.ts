import type { Likenesses, Sketches } from './compare-worker.js'

/** Two documents that are much alike. */
interface Pair {
  readonly path: string
  /** The document that it is the most alike, of those before it. */
  readonly to: string
  /** 0 to 1; 1 for the same words in the same order. */
  readonly similarity: number
}

/** Documents of which each is much alike another. */
export interface Group {
  readonly paths: readonly string[]
  readonly pairs: readonly Pair[]
}

/** The near-duplicates, the largest group first. `pathsBySignature` has those of the same wording together. */
export function groupsOf(
  pathsBySignature: ReadonlyMap<string, readonly string[]>,
  { signatures }: Sketches,
  { found }: Likenesses,
): Group[] {
  const pathsAt = (place: number) => pathsBySignature.get(signatures[place] ?? '') ?? []
  const pairs: Pair[] = []
  for (const place of signatures.keys()) {
    const [first, ...copies] = pathsAt(place)
    if (first !== undefined) for (const path of copies) pairs.push({ path, to: first, similarity: 1 })
  }
  for (const { of, to, similarity } of found) {
    const [path, other] = [pathsAt(of)[0], pathsAt(to)[0]]
    if (path !== undefined && other !== undefined) pairs.push({ path, to: other, similarity })
  }
  return connected(pairs).sort((a, b) => b.paths.length - a.paths.length || mean(b) - mean(a))
}

function connected(pairs: readonly Pair[]): Group[] {
  const groupOf = new Map<string, { paths: string[]; pairs: Pair[] }>()
  for (const pair of pairs) {
    const one = groupOf.get(pair.path) ?? { paths: [pair.path], pairs: [] }
    const other = groupOf.get(pair.to) ?? { paths: [pair.to], pairs: [] }
    const merged =
      one === other ? one : { paths: [...other.paths, ...one.paths], pairs: [...other.pairs, ...one.pairs] }
    merged.pairs.push(pair)
    for (const path of merged.paths) groupOf.set(path, merged)
  }
  return [...new Set(groupOf.values())]
}

function mean({ pairs }: Group): number {
  return pairs.reduce((sum, { similarity }) => sum + similarity, 0) / pairs.length
}
