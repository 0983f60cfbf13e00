import { relative } from 'node:path'
import type { Finding, Outcome } from './pipeline.js'
import { spell } from './spell.js'

const SHOWN = 5
/** Documents that are shorter are easy to read because they say nothing. */
export const READABLE_WORDS = 300

/** What the documents have to say for themselves; copies of a document count once. */
export function insightsOf({ findings, groups }: Outcome, root: string): string[] {
  const distinct = distinctOf(findings)
  const words = distinct.reduce((sum, { analysis }) => sum + analysis.words, 0)
  const lines = [`${spell.count(words, 'word')} in ${spell.count(distinct.length, 'different document')}`]

  const longest = most(distinct, ({ analysis }) => analysis.words)
  if (longest)
    lines.push(`Longest: ${nameOf(longest.file.path, root)} (${spell.count(longest.analysis.words, 'word')})`)

  const measured = distinct.filter(({ analysis }) => analysis.readingEase !== null && analysis.words >= READABLE_WORDS)
  const ease = ({ analysis }: Finding) => analysis.readingEase ?? 0
  const easiest = most(measured, ease)
  const hardest = most(measured, (finding) => -ease(finding))
  if (easiest && hardest && easiest !== hardest) {
    lines.push(`Easiest to read: ${nameOf(easiest.file.path, root)} (Flesch reading ease ${Math.round(ease(easiest))})`)
    lines.push(`Hardest to read: ${nameOf(hardest.file.path, root)} (Flesch reading ease ${Math.round(ease(hardest))})`)
  }

  const phrases = ranked(distinct.flatMap(({ analysis }) => analysis.phrases)).filter(([, count]) => count > 1)
  if (phrases.length > 0)
    lines.push(
      `Spoken of in most documents: ${phrases
        .slice(0, SHOWN)
        .map(([phrase, count]) => `${phrase} (${count})`)
        .join(', ')}`,
    )

  const languages = ranked(distinct.map(({ analysis }) => spell.language(analysis.language)))
  lines.push(`Languages: ${languages.map(([language, count]) => `${language} (${count})`).join(', ')}`)
  const alike = groups.reduce((sum, { paths }) => sum + paths.length, 0)
  if (alike > 0) lines.push(`Near-duplicates: ${alike} documents in ${spell.count(groups.length, 'group')}`)
  return lines
}

/** The findings, copies of a document once. */
export function distinctOf(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [finding.file.digest, finding])).values()]
}

/** A document's file as one knows it. */
export function nameOf(path: string, root: string): string {
  return shortened(relative(root, path))
}

function most<T>(all: readonly T[], measure: (one: T) => number): T | undefined {
  return all.reduce<T | undefined>(
    (best, one) => (best === undefined || measure(one) > measure(best) ? one : best),
    undefined,
  )
}

/** What there is, with how often, the most frequent first. */
export function ranked(all: readonly string[]): [string, number][] {
  const counts = new Map<string, number>()
  for (const one of all) counts.set(one, (counts.get(one) ?? 0) + 1)
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
}

/** The path as one knows it: without what pnpm puts before a package's name. */
function shortened(path: string): string {
  return path.replaceAll('\\', '/').replace(/^.*\/node_modules\//, '')
}
