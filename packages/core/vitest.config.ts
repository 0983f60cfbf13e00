import { fileURLToPath } from 'node:url'
import { mergeConfig } from 'vitest/config'
import shared from '../../vitest.shared.ts'

// testkit and memory, which tests here import by path, get this very source and not a build of it.
const core = fileURLToPath(new URL('src/index.ts', import.meta.url))

export default mergeConfig(shared, {
  resolve: { alias: { '@granary/core': core } },
  test: { setupFiles: ['test/no-stray-errors.ts'] },
})
