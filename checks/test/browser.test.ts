// Core, the memory layer and compression run where there is no Node: they are bundled for a browser, and the bundle runs in a realm
// that has only what a browser, an edge runtime and Bun have in common.
import { isBuiltin } from 'node:module'
import { createContext, runInContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { type BuildResult, build } from 'esbuild'
import { expect, test } from 'vitest'

const everywhere = {
  AbortController,
  AbortSignal,
  DOMException,
  TextDecoder,
  TextEncoder,
  URL,
  clearTimeout,
  console,
  crypto,
  performance,
  queueMicrotask,
  setTimeout,
  structuredClone,
}

test.each([['@granary/core'], ['@granary/memory'], ['@granary/compression']])(
  '%s imports nothing of Node',
  async (name) => {
    const { result, code } = await bundle(`export * from '${name}'`)
    expect(nodeImports(result)).toEqual([])
    console.log(`${name}: ${kilobytes(code.length)} minified, ${kilobytes(gzipSync(code).length)} gzipped`)
  },
)

test('a cache in memory computes once in a realm without Node', async () => {
  const { code } = await bundle(`
    import { createCache } from '@granary/core'
    import { memory } from '@granary/memory'
    globalThis.outcome = (async () => {
      const cache = createCache({ layers: [memory()], ttl: '1h' })
      let computed = 0
      const compute = async () => ({ computed: ++computed })
      const first = await cache.getOrCompute('key', compute)
      const second = await cache.getOrCompute('key', compute)
      await cache.close()
      return JSON.stringify([first, second, computed])
    })()
  `)
  const realm = createContext({ ...everywhere })
  runInContext(code, realm)
  expect(JSON.parse(await realm.outcome)).toEqual([{ computed: 1 }, { computed: 1 }, 1])
})

async function bundle(contents: string) {
  const result = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    platform: 'browser',
    format: contents.includes('outcome') ? 'iife' : 'esm',
    target: 'es2023',
    // Left in, so that the metafile names who imports them; without this the build fails at the first.
    external: ['node:*'],
  })
  return { result, code: result.outputFiles[0]?.text ?? '' }
}

function nodeImports({ metafile }: BuildResult<{ metafile: true }>): string[] {
  return Object.entries(metafile.inputs).flatMap(([file, { imports }]) =>
    imports.filter(({ path }) => isBuiltin(path)).map(({ path }) => `${file} imports ${path}`),
  )
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`
}
