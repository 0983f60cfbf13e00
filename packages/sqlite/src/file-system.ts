import { statfsSync } from 'node:fs'
import { GranaryError } from '@granary/core'

/** File systems of Linux that other machines can write to, by the numbers of statfs(2). */
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0x01021997, '9p'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x19830326, 'BeeGFS'],
])

/** The network file system that a number of statfs(2) stands for; `undefined` for a local one, or one that is not known. */
export function networkFileSystem(type: number): string | undefined {
  return NETWORK.get(type >>> 0)
}

/**
 * Refuses a directory where the locks and the shared memory of SQLite's WAL cannot be relied on. Recognised on Linux; FUSE
 * is let pass, since it may be local.
 *
 * @throws GranaryError `INVALID_OPTION`
 */
export function checkFileSystem(directory: string, path: string): void {
  if (process.platform !== 'linux') return
  const name = networkFileSystem(statfsSync(directory).type)
  if (name === undefined) return
  throw new GranaryError(
    'INVALID_OPTION',
    `path: ${path} is on a network file system (${name}), where a SQLite file can be damaged: give a path on a local disk`,
  )
}
