import { expect, it } from 'vitest'
import { proseOf } from '../src/prose.js'

it('leaves code, tables, pictures and HTML out, and keeps what is said', () => {
  const markdown = `# A *title*

First **line**, with a [link](https://example.org) and \`code\`.

\`\`\`js
const left = 'out'
\`\`\`

| a | b |
| - | - |
| 1 | 2 |

- one
- two and three

![A picture](picture.png) <img src="x.png">

> Quoted
`
  expect(proseOf(markdown).split(/\n+/)).toEqual([
    'A title',
    'First line, with a link and .',
    'one',
    'two and three',
    'Quoted',
  ])
})
