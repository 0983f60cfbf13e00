import { statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import { checkFileSystem, networkFileSystem } from '../src/file-system.js'

describe('a network file system (fault 38)', () => {
  it('is known by its number, also where that is given as a negative one', () => {
    const types = [0x6969, 0xff534d42, 0xff534d42 | 0, 0x00c36400, 0x0bd00bd0]
    expect(types.map(networkFileSystem)).toEqual(['NFS', 'CIFS', 'CIFS', 'Ceph', 'Lustre'])
    // ext4, xfs, btrfs, tmpfs, overlay, FUSE
    const local = [0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0x65735546]
    expect(local.filter(networkFileSystem)).toEqual([])
  })

  it.skipIf(networkFileSystem(statfsSync(tmpdir()).type) !== undefined)('is not seen where there is none', () => {
    expect(() => checkFileSystem(tmpdir(), 'granary.db')).not.toThrow()
  })
})
