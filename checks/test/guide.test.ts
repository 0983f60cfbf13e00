// The guide covers every row of the feature list, by an example that runs and a test; its table is up to date.
import { expect, test } from 'vitest'
import { coverage, gaps, guideIndex, rowsInTitles, rowsOfPage } from '../src/guide.ts'
import { notPrinted } from '../src/printed.ts'

test('every row has an example and a test', () => {
  expect(gaps(coverage())).toEqual([])
})

test('the table is that of the pages and tests there are; npm run check -- guide -u writes it', async () => {
  await expect(guideIndex(coverage())).toMatchFileSnapshot('../../docs/guide/README.md')
})

test('a row that has lost its page, its example or its test is a gap', () => {
  expect(rowsOfPage('---\nrows: G1, G2\n---\n# Page\n```ts\ncode\n```\n')).toEqual(['G1', 'G2'])
  expect(rowsOfPage('---\nrows: G1\n---\n# Page without an example\n')).toEqual([])
  expect(rowsOfPage('# Page\n```ts\n```\n')).toEqual([])
  const titles = `it('G1: one', …) it.each([])("P1: G18: two") test(\`G2, G3: three\`) it('mentions G4: not') // G5: no`
  expect([...rowsInTitles(titles)]).toEqual(['G1', 'G18', 'G2', 'G3'])
  const row = { row: 'G1', pages: [], tests: ['a.test.ts'] }
  expect(gaps([row])).toEqual(['G1 has no page with an example'])
  expect(gaps([{ ...row, pages: ['a.md'], tests: [] }])).toEqual(['G1 has no test with its number in the title'])
})

test('an example that prints something else than its comments say is noticed', () => {
  const source = 'console.log(1) // → 1\nconsole.log(2) // → 2\n'
  expect(notPrinted(source, '1\nnoise\n2\n')).toBeUndefined()
  expect(notPrinted(source, '1\n3\n')).toBe('2')
  expect(notPrinted(source, '2\n1\n')).toBe('2')
})
