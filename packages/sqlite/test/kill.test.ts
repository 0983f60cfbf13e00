import { expect, it } from 'vitest'
import { killWriters } from './rigs/kill.js'
import { tempFile } from './support/files.js'

it('kill -9 of writers loses nothing that was acknowledged, and tears nothing (P4, fault 33)', async () => {
  const figures = await killWriters(tempFile(), 9)
  expect(figures.acknowledged).toBeGreaterThan(100)
  expect(figures).toMatchObject({ lost: 0, torn: 0, failures: 0, integrity: 'ok' })
}, 120_000)
