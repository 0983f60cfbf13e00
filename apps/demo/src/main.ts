import { type Cache, GranaryError, openCache } from 'granary'
import { AnalyseWorker } from './analyse-worker.js'
import { HELP, readArguments } from './arguments.js'
import { corpusOf } from './corpus.js'
import { Misuse } from './misuse.js'
import { analyseAll, type Finding, type Skipped } from './pipeline.js'
import { Progress } from './progress.js'
import { ReadWorker } from './read-worker.js'
import { reportOn } from './report.js'
import { spell } from './spell.js'

const SKIPS_SHOWN = 3

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  const stop = new AbortController()
  // Once: whoever presses it a second time does not want to wait for anything.
  process.once('SIGINT', () => stop.abort())
  try {
    const { folder, cacheFolder, help } = readArguments(args)
    if (help) console.log(HELP)
    else await run(folder, cacheFolder, stop.signal)
    return 0
  } catch (error) {
    if (stop.signal.aborted) return 130
    if (!(error instanceof Misuse)) throw error
    console.error(`granary demo: ${error.message}`)
    return 2
  }
}

async function run(folder: string | undefined, cacheFolder: string, signal: AbortSignal): Promise<void> {
  const { title, root, paths } = await corpusOf(folder)
  await using cache = open(cacheFolder)
  console.log(`${spell.count(paths.length, 'file')}: ${title}\nCache: ${cacheFolder}\n`)
  const workers = { read: new ReadWorker({ cache }), analyse: new AnalyseWorker({ cache }) }
  const progress = new Progress(paths.length, process.stdout)
  const began = performance.now()
  const findings: Finding[] = []
  const skipped: Skipped[] = []
  try {
    for await (const outcome of analyseAll(paths, workers, signal)) {
      if ('reason' in outcome) skipped.push(outcome)
      else findings.push(outcome)
      progress.step()
    }
  } finally {
    progress.end()
    if (signal.aborted && findings.length + skipped.length < paths.length)
      console.error(
        `Stopped after ${findings.length} of ${spell.count(paths.length, 'file')}; what was computed is kept.`,
      )
  }
  const took = performance.now() - began
  if (findings.length === 0)
    throw new Misuse(`none of ${spell.count(paths.length, 'file')} could be read and analysed: ${skipped[0]?.reason}`)
  console.log(`\n${await reportOn(findings, root, workers, took)}`)
  const { summariesOf, modelIn } = await import('./summaries.js')
  const summarizing = { cache, model: modelIn(process.env) }
  console.log(`\n${await summariesOf(findings, root, workers.read, summarizing, signal)}`)
  tellSkipped(skipped)
}

function open(folder: string): Cache {
  try {
    const cache = openCache(folder, { ttl: '30d' })
    let told = false
    cache.on((event) => {
      if (event.type !== 'failure' || told) return
      told = true
      console.error(
        `The cache failed (${(event.error as Error).message}): what it cannot give is computed. If that goes on, delete ${folder}`,
      )
    })
    return cache
  } catch (error) {
    if (error instanceof GranaryError) throw new Misuse(`--cache: ${error.message}`)
    throw error
  }
}

function tellSkipped(skipped: readonly Skipped[]): void {
  if (skipped.length === 0) return
  console.error(`\n${spell.count(skipped.length, 'file was', 'files were')} skipped:`)
  for (const { path, reason } of skipped.slice(0, SKIPS_SHOWN)) console.error(`  ${path}: ${reason}`)
  if (skipped.length > SKIPS_SHOWN) console.error(`  and ${skipped.length - SKIPS_SHOWN} more`)
}
