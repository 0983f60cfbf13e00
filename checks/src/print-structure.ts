// Prints every package as its files and what each of them imports: the map that a newcomer can hold against the design.
import { join } from 'node:path'
import { findCycle, readImports } from './imports.ts'
import { root, workspacePackages } from './workspace.ts'

for (const { name, folder } of workspacePackages()) {
  const graph = readImports(join(root, folder, 'src'))
  const cycle = findCycle(graph)
  console.log(`${name}  (${graph.size} files, ${cycle ? `a cycle: ${cycle.join(' → ')}` : 'no cycle'})`)
  for (const [file, imports] of graph) console.log(`  ${file.padEnd(26)} ${imports.join(' ')}`.trimEnd())
  console.log()
}
