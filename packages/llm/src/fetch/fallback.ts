type Body = Readonly<Record<string, unknown>>

/** Does a request itself name other models that may answer? */
export function hasFallbacks({ models, fallbacks }: Body): boolean {
  return Array.isArray(models) || Array.isArray(fallbacks)
}

/** Did one of those answer? A dated version of the model that was asked is not another. */
export function isFallback({ model }: Body, answered: string): boolean {
  return typeof model === 'string' && answered !== model && !answered.startsWith(`${model}-`)
}

/** The request as it would be made of one model alone. */
export function askedOf(model: string, { models: _, fallbacks: __, ...rest }: Body): Record<string, unknown> {
  return { ...rest, model }
}
