// Takes SQLite's lock and keeps it until its input ends: lock-holder.mjs <path> write | everything
import { createRequire } from 'node:module'

const [path, what] = process.argv.slice(2)
const Database = createRequire(import.meta.url)('better-sqlite3')
const db = new Database(path)
if (what === 'everything') db.pragma('locking_mode = EXCLUSIVE')
db.exec('BEGIN IMMEDIATE')
if (what === 'everything') db.exec('CREATE TABLE of_the_holder(x)')
process.stdout.write('held\n')
process.stdin.resume().once('end', () => {
  db.exec('ROLLBACK')
  db.close()
})
