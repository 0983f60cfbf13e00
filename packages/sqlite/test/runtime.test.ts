import { afterEach, describe, expect, it, vi } from 'vitest'
import { sqlite } from '../src/index.js'
import { checkNode, checkSqlite } from '../src/runtime.js'
import { tempFile } from './support/files.js'

afterEach(() => vi.unstubAllGlobals())

describe('a Node without Node-API 10', () => {
  it('is refused with a clear error', () => {
    const refusal = expect.objectContaining({
      code: 'UNSUPPORTED_RUNTIME',
      message: expect.stringContaining('Node 20.1.0'),
    })
    expect(() => checkNode({ node: '20.1.0', napi: '9' })).toThrow(refusal)
    expect(() => checkNode({ node: '20.1.0' })).toThrow(refusal)
    expect(() => checkNode({ node: '22.14.0', napi: '10' })).not.toThrow()
  })

  it('is refused before anything is loaded or made', () => {
    vi.stubGlobal('process', { ...process, versions: { node: '18.0.0', napi: '8' } })
    expect(() => sqlite({ path: tempFile() })).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_RUNTIME' }))
  })
})

it('a SQLite that can corrupt a database in WAL mode is refused (fault 32)', () => {
  for (const version of ['3.7.0', '3.44.5', '3.45.0', '3.50.6', '3.51.2']) {
    expect(() => checkSqlite(version)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_RUNTIME' }))
  }
  for (const version of ['3.44.6', '3.50.7', '3.51.3', '3.52.0', '3.54.1', '4.0.0']) checkSqlite(version)
})
