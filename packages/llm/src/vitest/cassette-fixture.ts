import { basename, dirname, resolve } from 'node:path'
import { type CachedFetch, cachedFetch } from '../fetch/cached-fetch.js'
import type { CachedFetchOptions } from '../fetch/fetch-options.js'

/** How tests record and replay. */
export interface CassetteOptions
  extends Pick<CachedFetchOptions, 'scrub' | 'pace' | 'fetch' | 'ignore' | 'keyHeaders' | 'debug'> {
  /**
   * `'record'` asks the providers and writes cassettes, `'replay'` needs no network.
   * Default: the variable `GRANARY_CASSETTES`, else `'replay'`.
   */
  readonly mode?: 'record' | 'replay'
  /** The folder of cassettes, beside the test's file. Default: `'__cassettes__'`. */
  readonly folder?: string
}

/** What vitest tells a fixture of its test. */
interface TestContext {
  readonly task: {
    readonly name: string
    readonly file: { readonly filepath: string }
    readonly suite?: Suite | undefined
  }
}

interface Suite {
  readonly name: string
  readonly suite?: Suite | undefined
}

type Fixture = (context: TestContext, use: (fetch: CachedFetch) => Promise<void>) => Promise<void>

/**
 * A fixture for `test.extend` of vitest: a `fetch` with a cassette of the test's own,
 * `__cassettes__/<file>/<name of the test>.yaml`. Messages of a miss show what was asked and what is recorded.
 *
 * ```
 * const it = test.extend({ fetch: cassetteFixture() })
 * it('answers', async ({ fetch }) => { const openai = new OpenAI({ fetch }) … })
 * ```
 *
 * A test that was recorded to its end leaves nothing in its cassette that it no longer asks for.
 */
export function cassetteFixture(options: CassetteOptions = {}): Fixture {
  const { folder = '__cassettes__', mode = modeOf(process.env.GRANARY_CASSETTES), ...rest } = options
  return async ({ task }, use) => {
    const { filepath } = task.file
    const cassette = resolve(dirname(filepath), folder, basename(filepath), `${fileNameOf(task)}.yaml`)
    const fetch = cachedFetch({ debug: true, ...rest, cassette, mode })
    await use(fetch)
    if (mode === 'record') fetch.cassette?.prune()
  }
}

function modeOf(variable: string | undefined): 'record' | 'replay' {
  return variable === 'record' ? 'record' : 'replay'
}

/** The names of a test and of what it is in, as every file system can have them. */
function fileNameOf({ name, suite }: { readonly name: string; readonly suite?: Suite | undefined }): string {
  const names: string[] = [name]
  for (let each = suite; each?.name; each = each.suite) names.unshift(each.name)
  return names
    .map((part) => part.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, ''))
    .join('--')
    .slice(0, 120)
}
