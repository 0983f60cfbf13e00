type Body = Readonly<Record<string, unknown>>

/** Did another of the models answer that the request itself names as alternatives? A dated version is not another. */
export function isFallback({ model, models, fallbacks }: Body, answered: string): boolean {
  if (!Array.isArray(models) && !Array.isArray(fallbacks)) return false
  return typeof model === 'string' && answered !== model && !answered.startsWith(`${model}-`)
}

/** The request as it would be made of one model alone. */
export function askedOf(model: string, { models: _, fallbacks: __, ...rest }: Body): Record<string, unknown> {
  return { ...rest, model }
}
