// Reads which module imports which, for types too: a compiler drops those, but a cycle of types is a cycle for a reader.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

/** File → what it imports: files of the same folder as paths relative to it, everything else as it is written. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>

const patterns = [
  /^[ \t]*(?:import|export)\s+(?:type\s+)?[\w$*{][^;'"()=]*?\bfrom\s*['"]([^'"]+)['"]/gm,
  /^[ \t]*import\s*['"]([^'"]+)['"]/gm,
  /\bimport\(\s*['"]([^'"]+)['"]/g,
]

/** The import graph of the TypeScript files in a folder. */
export function readImports(folder: string): ImportGraph {
  const files = existsSync(folder) ? globSync('**/*.ts', { cwd: folder }).sort() : []
  return new Map(
    files.map((file) => {
      const specifiers = importsOf(readFileSync(join(folder, file), 'utf8'))
      return [file, specifiers.map((specifier) => resolve(file, specifier))]
    }),
  )
}

/** The specifiers of every import, re-export and type import of a source text, in order, each once. */
export function importsOf(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
  return [...new Set(patterns.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1] as string)))]
}

/** A circle of imports, its first file repeated at the end; undefined when there is none. */
export function findCycle(graph: ImportGraph): string[] | undefined {
  const done = new Set<string>()
  const visit = (file: string, path: string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return undefined
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next, [...path, file])
      if (cycle) return cycle
    }
    done.add(file)
    return undefined
  }
  for (const file of graph.keys()) {
    const cycle = visit(file, [])
    if (cycle) return cycle
  }
  return undefined
}

function resolve(file: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier
  return posix.normalize(posix.join(posix.dirname(file), specifier)).replace(/\.js$/, '.ts')
}
