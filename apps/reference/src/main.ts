// npm run reference: writes the reference as HTML.
import { join } from 'node:path'
import { readReference, root } from './reference.ts'

const folder = join(root, 'apps', 'reference', 'out')
const { app, project, complaints } = await readReference()
await app.generateDocs(project, folder)
for (const complaint of complaints) console.error(complaint)
if (complaints.length > 0) process.exitCode = 1
console.log(`${folder}/index.html`)
