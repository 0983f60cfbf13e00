// The long forms of the tests, for `npm run soak`.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { include: ['soak/**/*.soak.ts', 'test/eviction.test.ts', 'test/model.test.ts'], fileParallelism: false },
})
