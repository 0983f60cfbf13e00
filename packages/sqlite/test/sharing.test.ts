import { expect, it } from 'vitest'
import { share } from './rigs/sharing.js'
import { tempFile } from './support/files.js'

it('processes and worker threads have a handle each, and one that ends harms no other (fault 39)', async () => {
  const figures = await share(tempFile(), 200)
  expect(figures).toEqual({ acknowledged: 1_000, failures: 0, found: 1_000, integrity: 'ok' })
}, 60_000)
