import { defineTask, type Run, type TaskOf, TaskWorker } from '@granary/core'
import { z } from 'zod'
import { File, fileAt } from './read-worker.js'

/** All that a run is about, by where it is: what the tasks of the whole corpus are joined by. */
export const Paths = defineTask('paths', z.object({ paths: z.array(z.string()) }))
export type Paths = TaskOf<typeof Paths>

export const Path = defineTask('path', z.object({ path: z.string() }))
export type Path = TaskOf<typeof Path>

/** Takes a corpus apart, so that each file goes its own way, and one that cannot be read stops no other. */
export class ListWorker extends TaskWorker<Paths, Path> {
  readonly name = 'list'
  readonly inputType = Paths
  readonly outputTypes = [Path]

  consumeWork({ paths }: Paths, run: Run<Path>) {
    for (const path of paths) run.publishWork(Path({ path }))
  }
}

/** Looks at a file as it is now. Not cached: it is what everything else is cached by. */
export class LookWorker extends TaskWorker<Path, File> {
  readonly name = 'look'
  readonly inputType = Path
  readonly outputTypes = [File]

  async consumeWork({ path }: Path, run: Run<File>) {
    run.publishWork(await fileAt(path))
  }
}
