import { describe, expect, it } from 'vitest'
import { figureRows } from '../src/figure.js'
import { figureGroups } from '../src/figures/index.js'
import { asFigureTable } from '../src/report.js'

describe.each(
  figureGroups
    .filter((group) => !group.isLarge && group.missing?.() === undefined)
    .map((group) => [group.name, group] as const),
)('%s', (_, group) => {
  it('measures each of its figures', { timeout: 60_000 }, async () => {
    for (const { value, name, id } of figureRows(group, await group.measure(0.01))) {
      expect(Number.isFinite(value)).toBe(true)
      expect(name.startsWith(`${id}-`)).toBe(true)
    }
  })
})

it('a figure that was not measured is an error, and one above its target is not met', () => {
  const [group] = figureGroups
  if (group === undefined) throw new Error('there are groups')
  expect(() => figureRows(group, {})).toThrow('was not measured')
  const values = Object.fromEntries(group.figures.map(({ name, target = 0 }) => [name, target + 1]))
  expect(asFigureTable(figureRows(group, values))).toContain('| NO ')
})
