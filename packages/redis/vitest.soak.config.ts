// The long forms of the tests, for `npm run soak`.
import { defineConfig } from 'vitest/config'

export default defineConfig({ test: { include: ['soak/**/*.soak.ts'], fileParallelism: false } })
