import { lexer, type Token } from 'marked'

/** Not prose: code, tables, pictures, HTML. */
const LEFT_OUT = new Set(['code', 'codespan', 'def', 'hr', 'html', 'image', 'table'])
const BLOCKS = new Set(['blockquote', 'heading', 'list_item', 'paragraph', 'space'])

/** The sentences of a Markdown text, block by block, an empty line between. */
export function proseOf(markdown: string): string {
  const pieces: string[] = []
  collect(lexer(markdown), pieces)
  return pieces
    .join('')
    .replace(/\s*\n\s*\n\s*/g, '\n\n')
    .trim()
}

function collect(tokens: readonly Token[], pieces: string[]): void {
  for (const token of tokens) {
    if (LEFT_OUT.has(token.type)) continue
    if (token.type === 'list') collect(token.items, pieces)
    else if ('tokens' in token && token.tokens !== undefined) collect(token.tokens, pieces)
    else if ('text' in token) pieces.push(token.text)
    if (BLOCKS.has(token.type)) pieces.push('\n\n')
    if (token.type === 'br') pieces.push(' ')
  }
}
