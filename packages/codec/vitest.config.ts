import { mergeConfig } from 'vitest/config'
import shared from '../../vitest.shared.ts'

// Properties take GRANARY_SOAK times as many runs, and a busy machine its time.
export default mergeConfig(shared, {
  test: { testTimeout: 30_000 * Math.max(1, Number(process.env.GRANARY_SOAK ?? 1)) },
})
