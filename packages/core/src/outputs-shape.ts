import type { Shape } from './held-entry.js'
import type { Task, TypeOf } from './task.js'

interface KnownShape {
  readonly types: readonly unknown[]
  readonly shape: unknown
}

/** By the first of their types. */
const knownShapes = new WeakMap<object, KnownShape[]>()

/** One shape for the same types, whichever instance asks: all of them share what is in memory. */
export function outputsShape<Output extends Task>(types: readonly TypeOf<Output>[]): Shape<readonly Output[]> {
  const first = types[0] ?? knownShapes
  const known = knownShapes.get(first) ?? []
  const same = known.find(
    (each) => each.types.length === types.length && each.types.every((type, i) => type === types[i]),
  )
  if (same !== undefined) return same.shape as Shape<readonly Output[]>
  const shape = makeShape([...types])
  knownShapes.set(first, [...known, { types: [...types], shape }])
  return shape
}

/** The outputs of a run as stores keep them: `[type, data]` pairs. */
function makeShape<Output extends Task>(types: readonly TypeOf<Output>[]): Shape<readonly Output[]> {
  return {
    toStored(outputs) {
      return outputs.map((output) => {
        const type = types.find((each) => each.is(output))
        return [type?.type, type?.toStored(output)]
      })
    },
    fromStored(stored) {
      if (!Array.isArray(stored)) return undefined
      const outputs = stored.map((pair: unknown) => {
        const [name, data] = Array.isArray(pair) ? pair : []
        return types.find(({ type }) => type === name)?.fromStored(data)
      })
      return outputs.every((output) => output !== undefined) ? Object.freeze(outputs) : undefined
    },
  }
}
