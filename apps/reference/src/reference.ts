// The reference of every published package, from what its sources export and say of it.
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Application, Logger, LogLevel, type ProjectReflection } from 'typedoc'

export const root: string = join(import.meta.dirname, '..', '..', '..')

/** Folders of the packages that are published. */
function packageFolders(): string[] {
  return globSync('packages/*/package.json', { cwd: root })
    .sort()
    .map((manifest) => join(root, dirname(manifest)))
}

/** The source of each entry of a package's `exports`: `./dist/ai-sdk.js` comes of `src/ai-sdk.ts`. */
function entriesOf(folder: string): string[] {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const outputs = Object.values<{ default: string }>(manifest.exports).map((entry) => entry.default)
  return outputs
    .map((output) => join(folder, output.replace('./dist/', 'src/').replace(/\.js$/, '.ts')))
    .filter((source) => existsSync(source))
}

/** Keeps what TypeDoc has to complain of. */
class Complaints extends Logger {
  readonly all: string[] = []

  override log(message: string, level: LogLevel): void {
    if (level >= LogLevel.Warn) this.all.push(message)
  }
}

export interface Reference {
  readonly app: Application
  readonly project: ProjectReflection
  readonly complaints: readonly string[]
}

/**
 * Reads what these sources export, those of all packages by default. An export without documentation, or a link that leads
 * nowhere, is a complaint.
 */
export async function readReference(
  entryPoints: readonly string[] = packageFolders().flatMap(entriesOf),
): Promise<Reference> {
  const app = await Application.bootstrap({
    name: 'Granary',
    entryPoints: [...entryPoints],
    tsconfig: join(root, 'apps', 'reference', 'tsconfig.reference.json'),
    readme: join(root, 'README.md'),
    excludePrivate: true,
    excludeInternal: true,
    disableGit: true,
    sourceLinkTemplate: '{path}',
    skipErrorChecking: true,
    validation: { notExported: false, invalidLink: true, notDocumented: true },
    requiredToBeDocumented: ['Class', 'Function', 'Interface', 'TypeAlias', 'Variable'],
    logLevel: 'Warn',
  })
  const complaints = new Complaints()
  app.logger = complaints
  const project = await app.convert()
  if (project === undefined) throw new Error('TypeDoc could not read the packages', { cause: complaints.all })
  app.validate(project)
  return { app, project, complaints: complaints.all }
}
