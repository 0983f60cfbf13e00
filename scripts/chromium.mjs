// A real browser for the tests that look at a page: the machine's own, or Debian's where it may be installed.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { environment, step } from './setup.mjs'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
/** Longest time that installing it may take, in ms. */
const LONGEST = 300_000

/** Says where the browser is in GRANARY_CHROMIUM; empty, and said aloud, where there is none. What looks at a page is then skipped. */
export function setUpChromium() {
  if (find() === undefined && mayInstall()) step('chromium', false, install)
  environment.GRANARY_CHROMIUM = find() ?? ''
  if (environment.GRANARY_CHROMIUM === '')
    process.stderr.write(
      '\nNO CHROMIUM: the tests that look at a page in a browser are skipped. On Debian: apt-get install chromium\n\n',
    )
}

function find() {
  return [environment.GRANARY_CHROMIUM, ...PLACES].find((path) => path && existsSync(path))
}

function mayInstall() {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
}

/** A machine without a network goes on without a browser. */
function install() {
  const options = { stdio: 'ignore', timeout: LONGEST, env: { ...environment, DEBIAN_FRONTEND: 'noninteractive' } }
  spawnSync('apt-get', ['update', '-qq'], options)
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], options)
}
