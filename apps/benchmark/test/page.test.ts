import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { writePage } from '../src/page.js'
import type { Row } from '../src/report.js'

function row(name: string, ratio: number, target?: number, what = 'hits'): Row {
  const times = { ratio, lowest: ratio, highest: ratio, subjectNs: 150, referenceNs: 100, rounds: 5, operations: 10 }
  const about = { name, id: name.slice(0, 2), what, subject: 'ours', reference: 'theirs' }
  const met = target === undefined ? {} : { target, met: ratio <= target }
  return { ...about, measure: 'time', clock: 'thread', ...times, ...met }
}

it('the page has a table, its charts, and says where a target was missed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'granary-page-'))
  writePage(
    folder,
    'node 24',
    [row('T1-hit', 1.5, 1.35), row('T1-other', 0.5, 1, 'memory hit, against other'), row('T2-new', 1.2, 1.7)],
    [{ name: 'T7-max', id: 'T7', what: 'delay', unit: 'ms', target: 50, value: 60, met: false }],
  )
  const page = readFileSync(join(folder, 'benchmarks.md'), 'utf8')
  expect(page).toContain('- **T1-hit**, hits: 1.50× the time where 1.35× is the target; 50 ns apart in each operation.')
  expect(page).toContain('- **T7-max**, delay: 60.0 ms where 50 ms is the target.')
  expect(page).not.toContain('- **T2-new**')
  expect(readdirSync(join(folder, 'benchmarks')).sort()).toEqual(['memory-hit.svg', 'targets.svg'])
  const hits = readFileSync(join(folder, 'benchmarks', 'memory-hit.svg'), 'utf8')
  // 1.5 times lru-cache, and twice as fast as the other, which therefore takes 3 times as long as lru-cache.
  expect(hits).toMatch(/>Granary<[\s\S]*>1\.50×<[\s\S]*>other<[\s\S]*>3\.00×</)
  rmSync(folder, { recursive: true })
})
