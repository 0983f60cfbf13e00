// Bundles the one module that uses msgpackr with msgpackr's portable source, over what tsc made of it: users get this
// private copy and no msgpackr, whose native helper runs an install script.
import { copyFileSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))
const msgpackr = join(dirname(createRequire(import.meta.url).resolve('msgpackr')), '..')
const { version } = JSON.parse(readFileSync(join(msgpackr, 'package.json'), 'utf8'))

await build({
  absWorkingDir: here,
  entryPoints: ['src/msgpackr.ts'],
  outfile: 'dist/msgpackr.js',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  // Its readers of records would make code of data; records are off, and this takes the way out that it has for
  // runtimes that forbid code from strings.
  define: { Function: 'undefined' },
  banner: { js: `// Contains msgpackr ${version}, Copyright (c) 2020 Kris Zyp, MIT: see msgpackr.LICENSE.txt` },
})
copyFileSync(join(msgpackr, 'LICENSE'), join(here, 'dist', 'msgpackr.LICENSE.txt'))
rmSync(join(here, 'dist', 'msgpackr.js.map'), { force: true })
