// Measures one group of figures in a process of its own, and prints them as JSON: node --expose-gc dist/run-figures.js T7
import { figureGroups } from './figures/index.js'

const [name, scale = '1'] = process.argv.slice(2)
const chosen = figureGroups.find((group) => group.name === name)
if (chosen === undefined)
  throw new Error(`There is no group ${name}; there are ${figureGroups.map((group) => group.name).join(', ')}`)
process.stdout.write(`${JSON.stringify(await chosen.measure(Number(scale)))}\n`)
