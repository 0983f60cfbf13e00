/** Numbers in a signature: the estimate of a similarity is then within 0.09 or so of it, nineteen times of twenty. */
const HASHES = 128
/** Words in a row that are looked at together. */
const SHINGLE = 3
/** Shingles below which two texts are alike by accident. */
const LEAST_SHINGLES = 12
/** Numbers in a band: two signatures are compared where one band of both is the same. */
const BAND = 4
/** Parts of their shingles that two texts share at least when they are called near-duplicates. */
const NEAR = 0.5

/** One text that is much like another, both by their place in the list that was compared. */
export interface Likeness {
  readonly of: number
  /** The one that it is the most alike, of those before it. */
  readonly to: number
  /** Part of their shingles that they share, estimated: 0 to 1. */
  readonly similarity: number
}

/**
 * The signature of a text, whose words it takes: of two texts, about as many numbers are equal as they have of their shingles
 * in common. `undefined` for a text of a few words, which says nothing. (Broder, "On the resemblance and containment of
 * documents", 1997.)
 */
export function signatureOf(words: readonly string[]): Uint32Array | undefined {
  const shingles = new Set<number>()
  for (let at = 0; at + SHINGLE <= words.length; at++) shingles.add(hashOf(words.slice(at, at + SHINGLE).join(' ')))
  if (shingles.size < LEAST_SHINGLES) return undefined
  const signature = new Uint32Array(HASHES).fill(0xffffffff)
  for (const shingle of shingles) {
    for (let i = 0; i < HASHES; i++) {
      const hash = mixed(shingle ^ Math.imul(i + 1, 0x9e3779b9))
      if (hash < (signature[i] as number)) signature[i] = hash
    }
  }
  return signature
}

/**
 * For each text that has one, the text before it that it is the most alike. Only what shares a band is compared, so that
 * a thousand texts are not half a million comparisons. (Locality-sensitive hashing: Leskovec, Rajaraman, Ullman, "Mining of
 * Massive Datasets", chapter 3.)
 */
export function likenessesOf(signatures: readonly (Uint32Array | undefined)[]): Likeness[] {
  const buckets = new Map<string, number[]>()
  const likenesses: Likeness[] = []
  for (const [of, signature] of signatures.entries()) {
    if (signature === undefined) continue
    const candidates = new Set<number>()
    for (let at = 0; at < HASHES; at += BAND) {
      const band = `${at}:${signature.subarray(at, at + BAND).join()}`
      const bucket = buckets.get(band) ?? []
      for (const candidate of bucket) candidates.add(candidate)
      buckets.set(band, bucket)
      bucket.push(of)
    }
    let best: Likeness = { of, to: of, similarity: 0 }
    for (const to of candidates) {
      const similarity = similarityOf(signature, signatures[to] as Uint32Array)
      if (similarity > best.similarity) best = { of, to, similarity }
    }
    if (best.similarity >= NEAR) likenesses.push(best)
  }
  return likenesses
}

/** Part of the shingles that two texts share, as far as their signatures tell. */
export function similarityOf(a: Uint32Array, b: Uint32Array): number {
  return a.reduce((equal, hash, i) => equal + (hash === b[i] ? 1 : 0), 0) / HASHES
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** The last steps of MurmurHash3: each bit of what is given changes half of the bits of what comes out. */
function mixed(value: number): number {
  let hash = value
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
