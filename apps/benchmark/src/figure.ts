/** One number that is measured by itself, not against a reference in the same loop: a row of the second table. */
interface Figure {
  /** The name on the command line and in the JSON, for example `T7-sets-p99`; it begins with its target's. */
  readonly name: string
  /** The target that it belongs to, for example `T7`. */
  readonly id: string
  readonly what: string
  readonly unit: string
  /** The most that is good enough. None where the row is for orientation. */
  readonly target?: number
}

/** What is measured together, in a process of its own: a value for each figure, by its name. */
export interface FigureGroup {
  /** For the command line: the group is measured when it, or one of its figures, is chosen. */
  readonly name: string
  readonly figures: readonly Figure[]
  /** It takes minutes, or many gigabytes: measured only when it is asked for by name. */
  readonly isLarge?: boolean
  /** What this machine lacks for it, and how to get it; `undefined` where nothing is missing. */
  missing?(): string | undefined
  /** @param scale 1 for figures; less for a test that it works */
  measure(scale: number): Promise<Record<string, number>>
}

/** A figure that was measured. */
export interface FigureRow extends Figure {
  readonly value: number
  readonly met?: boolean
}

/** The figures of a group with what was measured. @throws if one was not */
export function figureRows(group: FigureGroup, values: Record<string, number>): FigureRow[] {
  return group.figures.map((figure) => {
    const value = values[figure.name]
    if (value === undefined || Number.isNaN(value)) throw new Error(`${figure.name} was not measured`)
    return { ...figure, value, ...(figure.target === undefined ? {} : { met: value <= figure.target }) }
  })
}
