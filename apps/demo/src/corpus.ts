import { type Dirent, existsSync } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Misuse } from './misuse.js'

export interface Corpus {
  /** What the documents are, for people. */
  readonly title: string
  /** Where the paths begin. */
  readonly root: string
  /** Paths, absolute, each once, in an order that does not change. */
  readonly paths: readonly string[]
}

const WORKSPACE = join(import.meta.dirname, '..', '..', '..')
const DOCUMENT = /\.(md|markdown|txt)$/i
const README = /^readme(\.[\w-]+)*$/i
/** Not entered: what is in them was not written by the one who asks. */
const SKIPPED = new Set(['node_modules', '.git'])

/** @throws Misuse where there is no such folder, or no document in it */
export async function corpusOf(folder: string | undefined): Promise<Corpus> {
  const corpus = folder === undefined ? await installedReadmes() : await documentsIn(folder)
  if (corpus.paths.length > 0) return corpus
  throw new Misuse(`no .md, .markdown or .txt file in ${corpus.root}: give a folder that has some`)
}

async function documentsIn(folder: string): Promise<Corpus> {
  await checkFolder(folder)
  return { title: `documents in ${folder}`, root: folder, paths: await found(walk(folder)) }
}

async function installedReadmes(): Promise<Corpus> {
  const root = join(WORKSPACE, 'node_modules', '.pnpm')
  if (!existsSync(root)) throw new Misuse(`no packages in ${root}: run npm start, or give a folder with documents`)
  return { title: 'README files of the installed packages', root, paths: await found(readmes(root)) }
}

async function found(paths: AsyncIterable<string>): Promise<string[]> {
  const all = new Set<string>()
  for await (const path of paths) all.add(path)
  return [...all].sort()
}

/** Documents at any depth. Links to folders are not followed, so that none is walked twice or for ever. */
async function* walk(folder: string): AsyncGenerator<string> {
  const entries = await list(folder)
  // It is reported as a document would be that cannot be read.
  if (entries === undefined) yield folder
  for (const entry of entries ?? []) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && !SKIPPED.has(entry.name)) yield* walk(path)
    else if (DOCUMENT.test(entry.name) && !entry.isDirectory() && (await isDocument(entry, path))) yield path
  }
}

/** pnpm keeps each package at `<name>@<version>/node_modules/<name>`, beside links to those that it needs. */
async function* readmes(store: string): AsyncGenerator<string> {
  for (const held of (await list(store)) ?? []) {
    if (held.isDirectory()) yield* readmesOf(join(store, held.name, 'node_modules'))
  }
}

async function* readmesOf(folder: string): AsyncGenerator<string> {
  for (const entry of (await list(folder)) ?? []) {
    const path = join(folder, entry.name)
    if (entry.isFile() && README.test(entry.name)) yield await realpath(path)
    // A scope (@types) is one folder more; a package's own folders are not looked into.
    else if (entry.isDirectory() && (basename(folder) === 'node_modules' || basename(folder).startsWith('@')))
      yield* readmesOf(path)
  }
}

/** What is in a folder; `undefined` where it cannot be read or is none. */
async function list(folder: string): Promise<Dirent[] | undefined> {
  return readdir(folder, { withFileTypes: true }).catch(() => undefined)
}

/** A pipe is no document, and neither is a link to a folder. A link to nothing is one: it is reported as unreadable. */
async function isDocument(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isFile()
  return stat(path).then(
    (target) => target.isFile(),
    () => true,
  )
}

async function checkFolder(folder: string): Promise<void> {
  try {
    if (!(await stat(folder)).isDirectory()) throw new Misuse(`${folder} is a file: give the folder that it is in`)
    await readdir(folder)
  } catch (error) {
    if (error instanceof Misuse) throw error
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw new Misuse(`there is no folder ${folder}: give one that has documents in it`)
    throw new Misuse(`${folder} cannot be read (${code ?? message}): give a folder that you may read`)
  }
}
