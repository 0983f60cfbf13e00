// Adds up the vitest reports of all packages. A package whose tests did not run counts as a failure: silence is not a pass.
// As a command it prints one line, the last one of a CI run; its argument is the number of checks that failed besides.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import { manifests, readJson, root } from './setup.mjs'

/** The sums over all packages that have tests, and a line for each. */
export function readReports() {
  const total = { passed: 0, failed: 0, skipped: 0, lines: [] }
  for (const manifest of manifests()) {
    const { name, scripts } = readJson(manifest)
    if (!scripts?.test) continue
    const one = readReport(join(dirname(manifest), '.reports', 'vitest.json'))
    total.passed += one.passed
    total.failed += one.failed
    total.skipped += one.skipped
    total.lines.push(
      `${name.padEnd(20)} ${one.note ?? `${one.passed} ok, ${one.failed} not ok, ${one.skipped} skipped`}`,
    )
  }
  return total
}

function readReport(file) {
  if (!existsSync(join(root, file))) return { passed: 0, failed: 1, skipped: 0, note: 'did not run its tests' }
  const report = readJson(file)
  const passed = report.numPassedTests
  const failed = report.numFailedTests
  const skipped = report.numPendingTests + report.numTodoTests
  if (passed + failed === 0) return { passed, failed: 1, skipped, note: 'ran no test' }
  // A file that cannot be loaded has no failed test in it, but the run failed.
  if (!report.success && failed === 0) return { passed, failed: 1, skipped, note: 'failed outside of its tests' }
  return { passed, failed, skipped }
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const { passed, failed, skipped } = readReports()
  const others = Number(argv[2] ?? 0)
  console.log(`${passed} passed, ${failed + others} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  process.exit(failed + others > 0 ? 1 : 0)
}
