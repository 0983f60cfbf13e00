// A user's project: a fresh folder with the packed packages in it, nothing linked to this workspace.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { run } from './commands.ts'
import { root, workspacePackages } from './workspace.ts'

const compilerOptions = {
  target: 'es2023',
  module: 'nodenext',
  strict: true,
  skipLibCheck: false,
  types: ['node'],
  rootDir: 'src',
  outDir: 'dist',
}

export interface Tarball {
  readonly name: string
  readonly file: string
  readonly bytes: number
}

/** Packs every package that is published, as it would be published, into a new folder. */
export function packAll(): Tarball[] {
  const folder = mkdtempSync(join(tmpdir(), 'granary-tarballs-'))
  return workspacePackages()
    .filter(({ published }) => published)
    .map(({ name, folder: source }) => {
      const before = new Set(readdirSync(folder))
      run(join(root, source), 'pnpm', 'pack', '--pack-destination', folder)
      const file = join(folder, readdirSync(folder).find((it) => !before.has(it)) as string)
      return { name, file, bytes: statSync(file).size }
    })
}

/** Makes a project in a new folder and installs the tarballs and a compiler into it. */
export function installWith(packageManager: 'npm' | 'pnpm', tarballs: readonly Tarball[]): string {
  const folder = mkdtempSync(join(tmpdir(), `granary-consumer-${packageManager}-`))
  const files = Object.fromEntries(tarballs.map(({ name, file }) => [name, `file:${file}`]))
  // What the examples use besides.
  const dependencies = { ...files, zod: catalog('zod'), pino: catalog('pino') }
  const devDependencies = { typescript: catalog('typescript'), '@types/node': catalog('@types/node') }
  writeJson(join(folder, 'package.json'), { private: true, type: 'module', dependencies, devDependencies })
  writeJson(join(folder, 'tsconfig.json'), { compilerOptions, include: ['src'] })
  if (packageManager === 'npm') run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--strict-allow-scripts')
  else {
    // Packages name each other by version, which no registry has yet: npm takes the files for it, pnpm has to be told.
    writeJson(join(folder, 'pnpm-workspace.yaml'), { packages: ['.'], overrides: files })
    run(folder, 'pnpm', 'install')
  }
  return folder
}

export interface Installed {
  /** The installed packages, as `name@version`. */
  readonly packages: readonly string[]
  /** Those that would run something when they are installed, and what. */
  readonly scripts: readonly string[]
}

/** Reads every manifest below node_modules, in pnpm's hidden folder as in npm's nested ones. */
export function installed(folder: string): Installed {
  const packages = new Set<string>()
  const scripts: string[] = []
  for (const path of readdirSync(join(folder, 'node_modules'), { recursive: true, encoding: 'utf8' })) {
    if (basename(path) !== 'package.json') continue
    const manifest = join(folder, 'node_modules', path)
    const { name, version, scripts: declared = {}, gypfile } = JSON.parse(readFileSync(manifest, 'utf8'))
    if (!name || !version || packages.has(`${name}@${version}`)) continue
    packages.add(`${name}@${version}`)
    const named = ['preinstall', 'install', 'postinstall'].filter((script) => script in declared)
    // npm compiles a package that has a binding.gyp, unless the package says that it need not.
    if (gypfile !== false && existsSync(join(dirname(manifest), 'binding.gyp'))) named.push('binding.gyp')
    for (const script of named) scripts.push(`${name}@${version}: ${script}`)
  }
  return { packages: [...packages].sort(), scripts }
}

/** Compiles sources strictly, all at once; answers with the files to be run. */
export function compile(folder: string, sources: readonly string[]): string[] {
  mkdirSync(join(folder, 'src'), { recursive: true })
  for (const [i, source] of sources.entries()) writeFileSync(join(folder, 'src', `example-${i}.ts`), source)
  run(folder, 'node', 'node_modules/typescript/bin/tsc')
  return sources.map((_, i) => `dist/example-${i}.js`)
}

/** Compiles one source with the types of a browser, and none of Node. */
export function compileForBrowser(folder: string, source: string): void {
  const browser = {
    ...compilerOptions,
    types: [],
    lib: ['es2023', 'dom', 'esnext.disposable'],
    rootDir: '.',
    noEmit: true,
  }
  writeJson(join(folder, 'tsconfig.browser.json'), { compilerOptions: browser, files: ['browser.ts'] })
  writeFileSync(join(folder, 'browser.ts'), source)
  run(folder, 'node', 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.browser.json')
}

export interface Example {
  /** The page that it stands on, from the root. */
  readonly page: string
  readonly source: string
}

/** Every TypeScript example on the pages that users read: of the whole, of each package, of the guide and of moving here. */
export function examples(): Example[] {
  const readmes = workspacePackages().map(({ folder }) => `${folder}/README.md`)
  return ['README.md', 'CONTRIBUTING.md', ...readmes, ...pagesIn('docs/guide'), ...pagesIn('docs/migration')]
    .filter((page) => existsSync(join(root, page)))
    .flatMap((page) =>
      Array.from(readFileSync(join(root, page), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```/gm), ([, source = '']) => ({
        page,
        source,
      })),
    )
}

function pagesIn(folder: string): string[] {
  if (!existsSync(join(root, folder))) return []
  const pages = readdirSync(join(root, folder)).filter((name) => name.endsWith('.md'))
  return pages.sort().map((name) => `${folder}/${name}`)
}

function catalog(name: string): string {
  const settings = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8')
  const range = new RegExp(`^  '?${name}'?: (.*)$`, 'm').exec(settings)?.[1]
  if (!range) throw new Error(`pnpm-workspace.yaml has no ${name} in its catalog`)
  return range
}

function writeJson(file: string, value: unknown): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`)
}
