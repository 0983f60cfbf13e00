import { expect, it } from 'vitest'
import { html } from '../../src/report/markup.js'

it('escapes what is put in, in texts and in attributes, but for markup', () => {
  const hostile = `<script>alert("1")</script>' & more`
  const escaped = '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39; &amp; more'
  expect(html`<p title="${hostile}">${hostile}</p>`.text).toBe(`<p title="${escaped}">${escaped}</p>`)
  expect(html`<ul>${['<', 2, html`<li>${'>'}</li>`, undefined]}</ul>`.text).toBe('<ul>&lt;2<li>&gt;</li></ul>')
})

it('shows what HTML has no place for', () => {
  expect(html`${'a\0b\u001b[31m\ud800\u0085\n'}`.text).toBe('a\ufffdb\ufffd[31m\ufffd\ufffd\n')
})
