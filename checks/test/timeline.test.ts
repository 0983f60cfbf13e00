// The picture of docs/guide/freshness.md is what the caches of today do.
import { expect, test } from 'vitest'
import { timeline } from '../src/timeline.ts'

test('B2, B3, B4: the timeline is drawn from real runs; npm run check -- timeline -u writes it', async () => {
  await expect(await timeline()).toMatchFileSnapshot('../../docs/guide/freshness.svg')
})
