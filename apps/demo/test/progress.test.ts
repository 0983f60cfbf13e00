import { expect, it } from 'vitest'
import { Progress } from '../src/progress.js'

function show(total: number, isTTY: boolean): string {
  let shown = ''
  const out = { isTTY, write: (text: string) => (shown += text) } as unknown as NodeJS.WriteStream
  const progress = new Progress(total, out)
  for (let i = 0; i < total; i++) progress.step()
  progress.end()
  return shown
}

it('is a line at every tenth where there is no terminal', () => {
  expect(show(1_000, false).trimEnd().split('\n')).toHaveLength(10)
  expect(show(3, false)).toBe('30%  1 of 3\n60%  2 of 3\n100%  3 of 3\n')
})

it('is a bar that goes away on a terminal', () => {
  const shown = show(3, true)
  expect(shown).toContain('██████████████████████████████ 100%  3 of 3')
  expect(shown).not.toContain('\n')
  expect(shown.endsWith('\r\x1b[K')).toBe(true)
})
