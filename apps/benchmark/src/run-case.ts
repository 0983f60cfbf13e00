// Measures one case in a process of its own, so that no case compiles or slows down code for another, and prints the
// result as JSON: node --expose-gc dist/run-case.js T1-hit [rounds] [ms]
import { cases } from './cases/index.js'
import { measure } from './measure.js'

const [name, rounds = '9', runMs = '200'] = process.argv.slice(2)
const chosen = cases.find((each) => each.name === name)
if (chosen === undefined)
  throw new Error(`There is no case ${name}; there are ${cases.map((each) => each.name).join(', ')}`)
const contest = await chosen.open()
const measured = await measure(chosen, contest, { rounds: Number(rounds), runMs: Number(runMs) })
await contest.close?.()
process.stdout.write(`${JSON.stringify(measured)}\n`)
