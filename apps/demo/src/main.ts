import { type Cache, GranaryError } from '@granary/core'
import { type Arguments, HELP, readArguments } from './arguments.js'
import { corpusOf } from './corpus.js'
import { gatherFacts } from './facts.js'
import { cacheIn } from './layers.js'
import { Misuse } from './misuse.js'
import { modelIn } from './model.js'
import { type Outcome, runPipeline, type Skipped } from './pipeline.js'
import { printoutOf } from './printout.js'
import { Progress } from './progress.js'
import { writeReport } from './report/write-report.js'
import { spell } from './spell.js'
import { type Workers, workersOf } from './workers.js'

const SKIPS_SHOWN = 3

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  const stop = new AbortController()
  // Once: whoever presses it a second time does not want to wait for anything.
  process.once('SIGINT', () => stop.abort())
  try {
    const options = readArguments(args)
    if (options.help) console.log(HELP)
    else await run(options, stop.signal)
    return 0
  } catch (error) {
    if (stop.signal.aborted) return 130
    if (!(error instanceof Misuse)) throw error
    console.error(`granary demo: ${error.message}`)
    return 2
  }
}

async function run({ folder, cacheFolder, reportFile }: Arguments, signal: AbortSignal): Promise<void> {
  const corpus = await corpusOf(folder)
  const { cache: opened, volume } = await open(cacheFolder)
  await using cache = opened
  const files = spell.count(corpus.paths.length, 'file')
  console.log(`${files}: ${corpus.title}\nCache: ${cacheFolder}\n`)
  const model = modelIn(process.env)
  const workers = workersOf(cache, model)
  const outcome = await runWithProgress(corpus.paths, workers, signal)
  const { findings, skipped } = outcome
  if (findings.length === 0) throw new Misuse(`none of ${files} could be read and analysed: ${skipped[0]?.reason}`)
  const facts = await gatherFacts({ cache, volume, corpus, workers, model, outcome })
  console.log(`\n${printoutOf(facts)}`)
  await writeReport(reportFile, facts)
  console.log(`\nReport: ${reportFile}`)
  tellSkipped(skipped)
}

async function runWithProgress(paths: readonly string[], workers: Workers, signal: AbortSignal): Promise<Outcome> {
  const progress = new Progress(paths.length, process.stdout)
  const files = { analysed: 0, skipped: 0 }
  try {
    return await runPipeline(paths, workers, signal, (outcome) => {
      files[outcome]++
      progress.step()
    })
  } finally {
    progress.end()
    if (signal.aborted && files.analysed + files.skipped < paths.length)
      console.error(
        `Stopped after ${files.analysed} of ${spell.count(paths.length, 'file')}; what was computed is kept.`,
      )
  }
}

async function open(folder: string): ReturnType<typeof cacheIn> {
  try {
    const opened = await cacheIn(folder, process.env.REDIS_URL)
    tellFirstFailure(opened.cache, folder)
    return opened
  } catch (error) {
    if (error instanceof GranaryError) throw new Misuse(error.message)
    throw error
  }
}

function tellFirstFailure(cache: Cache, folder: string): void {
  let told = false
  cache.on((event) => {
    if (event.type !== 'failure' || told) return
    told = true
    console.error(
      `The cache failed (${(event.error as Error).message}): what it cannot give is computed. If that goes on, delete ${folder}`,
    )
  })
}

function tellSkipped(skipped: readonly Skipped[]): void {
  if (skipped.length === 0) return
  console.error(`\n${spell.count(skipped.length, 'file was', 'files were')} skipped:`)
  for (const { path, reason } of skipped.slice(0, SKIPS_SHOWN)) console.error(`  ${path}: ${reason}`)
  if (skipped.length > SKIPS_SHOWN) console.error(`  and ${skipped.length - SKIPS_SHOWN} more`)
}
