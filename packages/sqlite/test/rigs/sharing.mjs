// Writes through a handle of its own, as a forked process or as a worker thread, and says how much was kept.
import { parentPort, workerData } from 'node:worker_threads'
import { entryOf } from '@granary/testkit'
import { sqlite } from '../../dist/index.js'

const [path, name, sets] = workerData ?? process.argv.slice(2)
const store = sqlite({ path })
let acknowledged = 0
let failures = 0
store.observe(() => failures++)
for (let i = 0; i < Number(sets); i++) {
  if ((await store.set(`${name} ${i}`, entryOf(`${name} ${i}`))).stored) acknowledged++
  if (i % 10 === 9) await store.get(`${name} ${i - 5}`)
}
const told = { acknowledged, failures }
if (parentPort !== null) parentPort.postMessage(told)
else {
  process.send(told)
  process.disconnect()
}
// A thread that is ended, and a process that exits, let go of their handle without close().
