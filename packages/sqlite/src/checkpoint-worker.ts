// The entry of a worker thread: moves what stands in the WAL into the database, whenever it is told to.
import { parentPort, workerData } from 'node:worker_threads'
import { loadDriver } from './runtime.js'

const Driver = loadDriver()
const db = new Driver(workerData as string, { fileMustExist: true })
// Waits for no lock: what cannot be moved now is moved next time.
const checkpoint = db.prepare('PRAGMA wal_checkpoint(PASSIVE)')

parentPort?.on('message', (order: 'move' | 'close') => {
  if (order === 'close') {
    db.close()
    parentPort?.close()
    return
  }
  try {
    checkpoint.get()
  } catch {
    // A full disk, for example: whoever writes is told.
  }
  parentPort?.postMessage('moved')
})
