/** Text that is HTML or SVG already. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type Part = string | number | Markup | undefined | readonly Part[]

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/**
 * A template of HTML or SVG. What is put into it is escaped unless it is {@link Markup}, so that a text from a document, or
 * the name of a file, is shown and never obeyed. Attributes stand in quotes.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.map((text, i) => text + written(parts[i])).join(''))
}

function written(part: Part): string {
  if (part === undefined) return ''
  if (part instanceof Markup) return part.text
  if (typeof part === 'object') return part.map(written).join('')
  return escaped(String(part))
}

/** Characters that HTML has no place for, such as NUL and halves of a pair, become U+FFFD. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/(?![\n\r\t])\p{Cc}/gu, '\uFFFD')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] as string)
}
