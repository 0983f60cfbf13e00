import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readReference } from '../src/reference.ts'

it('every export of every package is documented, and no link leads nowhere', { timeout: 60_000 }, async () => {
  const { project, complaints } = await readReference()
  const names = project.children?.map(({ name }) => name)
  expect(names).toContain('core/src')
  expect(complaints).toEqual([])
})

it('what is not documented is seen', { timeout: 60_000 }, async () => {
  const { complaints } = await readReference([join(import.meta.dirname, 'fixtures', 'silent.ts')])
  expect(complaints.length).toBe(2)
})
