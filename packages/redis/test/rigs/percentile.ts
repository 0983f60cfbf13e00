/** The value below which this share of the numbers lies; NaN of none. */
export function percentile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** p50, p99 and maximum, in words. */
export function spread(numbers: readonly number[], unit = 'ms'): string {
  const [p50, p99, most] = [0.5, 0.99, 1].map((share) => percentile(numbers, share).toFixed(1))
  return `p50 ${p50}, p99 ${p99}, max ${most} ${unit}`
}
