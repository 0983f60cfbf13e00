// Writes until it is killed: killed-writer.mjs <path> <name> <first number>
// It says what it begins (`>`) and what was acknowledged (`=`), at once: a line that it wrote is in the pipe.
import { writeSync } from 'node:fs'
import { entryOf } from '@granary/testkit'
import { sqlite } from '../../dist/index.js'
import { contentOf, KEYS } from './killed-writer-values.mjs'

const [path, name, first] = process.argv.slice(2)
const store = sqlite({ path })
store.observe(({ operation, error }) => {
  throw new Error(`${operation} failed`, { cause: error })
})
let number = Number(first)

/** Says it now: a pipe that is full is waited for. */
function say(line) {
  for (;;) {
    try {
      writeSync(1, line)
      return
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error
    }
  }
}

async function write() {
  const mine = number++
  const key = `${name} ${Math.floor(Math.random() * KEYS)}`
  const kind = Math.random() < 0.1 ? 'delete' : 'set'
  say(`> ${kind} ${mine} ${key}\n`)
  if (kind === 'delete') await store.delete(key)
  else {
    const { stored, reason } = await store.set(key, entryOf(contentOf(key, mine)))
    if (!stored) throw new Error(`a set was refused: ${reason}`)
  }
  say(`= ${kind} ${mine} ${key}\n`)
}

for (;;) await Promise.all(Array.from({ length: 1 + (number % 12) }, write))
