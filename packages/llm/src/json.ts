/** An object of a provider's, of which nothing is known yet. */
export type Loose = { readonly [name: string]: unknown }

/** The object, or one without properties: for looking into what a provider sent. */
export function loose(value: unknown): Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Loose) : {}
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** What a text says in JSON, or `undefined`. */
export function parseJson(source: string): unknown {
  try {
    return JSON.parse(source)
  } catch {
    return undefined
  }
}

/** Is there something in it? Text of nothing but white space is nothing. */
export function isFilled(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() !== ''
  if (Array.isArray(value)) return value.length > 0
  return typeof value === 'object' && value !== null
}
