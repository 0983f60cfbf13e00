import { spawnSync } from 'node:child_process'

/** Namespaces of mounts need Linux, and root or a kernel that lets users have their own. */
const UNSHARE: readonly string[] = process.getuid?.() === 0 ? ['unshare', '-m'] : ['unshare', '-rm']
const MOUNT = 'mount -t tmpfs -o "$0" none "$1" && shift && exec "$@"'

/** Can a file system be mounted that only one process sees? */
export function canMount(): boolean {
  const [program = '', ...args] = UNSHARE
  return spawnSync(program, [...args, 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0
}

/** What to run a command under so that it has a file system of its own, in memory, on a directory. */
export function mounting(options: string, directory: string): string[] {
  return [...UNSHARE, 'sh', '-c', MOUNT, options, directory]
}
