// Where the workspace's packages are, and what their manifests say.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const root: string = join(import.meta.dirname, '..', '..')

export interface WorkspacePackage {
  readonly name: string
  /** Relative to the root: `packages/core`. */
  readonly folder: string
  readonly dependencies: readonly string[]
  readonly published: boolean
}

/** Every package and app of the workspace, by folder; these checks themselves are none of them. */
export function workspacePackages(): WorkspacePackage[] {
  return ['packages', 'apps'].flatMap((parent) =>
    readdirSync(join(root, parent))
      .sort()
      .map((name) => `${parent}/${name}`)
      .filter((folder) => existsSync(join(root, folder, 'package.json')))
      .map(readPackage),
  )
}

function readPackage(folder: string): WorkspacePackage {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  return {
    name: manifest.name,
    folder,
    dependencies: Object.keys({
      ...manifest.dependencies,
      ...manifest.peerDependencies,
      ...manifest.optionalDependencies,
    }),
    published: manifest.private !== true,
  }
}
