// Reads a file, and keeps what it sees (a read transaction) until its input ends: snapshot-reader.mjs <path>
import { createRequire } from 'node:module'

const Database = createRequire(import.meta.url)('better-sqlite3')
const db = new Database(process.argv[2], { readonly: true })
db.exec('BEGIN')
db.prepare('SELECT count(*) FROM entry').get()
process.stdout.write('reading\n')
process.stdin.resume().once('end', () => {
  db.exec('COMMIT')
  db.close()
})
