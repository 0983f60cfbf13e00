import { relative, sep } from 'node:path'
import { type HierarchyCircularNode, hierarchy, pack } from 'd3-hierarchy'
import type { Facts } from '../facts.js'
import { nameOf } from '../insights.js'
import type { Group } from '../near-duplicates.js'
import { spell } from '../spell.js'
import { figureAround, px, short } from './figure.js'
import { html, type Markup } from './markup.js'

const [WIDTH, HEIGHT] = [520, 420]
const LISTED = 6
const NAMED = 4

interface Leaf {
  readonly path: string
}
type Tree =
  | Leaf
  | { readonly group: Group; readonly children: readonly Leaf[] }
  | { readonly children: readonly Tree[] }

/** Near-duplicates: a picture of the groups, and the largest of them by name. */
export function alikeOf({ outcome: { groups }, corpus }: Facts): Markup {
  const title = html`<h2>Near-duplicates</h2>`
  if (groups.length === 0)
    return html`<section>${title}<p class="hint">No two of these documents share half of their wording.</p></section>`
  const documents = groups.reduce((sum, { paths }) => sum + paths.length, 0)
  return html`<section>${title}<div class="two"><div>${picture(groups, corpus.root)}</div><div>
    <p>${spell.count(documents, 'document')} in ${spell.count(groups.length, 'group')} share half of their wording or more. A line is a pair, the thicker the more alike.</p>
    <ol class="groups">${groups.slice(0, LISTED).map((group) => listed(group, corpus.root))}</ol>
    ${groups.length > LISTED ? html`<p class="soft">and ${groups.length - LISTED} more groups</p>` : undefined}
    <p class="hint">By MinHash signatures of three words in a row: an estimate, within nine hundredths.</p></div></div></section>`
}

function listed({ paths, pairs }: Group, root: string): Markup {
  const similarities = pairs.map(({ similarity }) => similarity)
  const [least, most] = [Math.min(...similarities), Math.max(...similarities)].map((part) => Math.round(part * 100))
  const rest = paths.length - NAMED
  return html`<li><b>${least === most ? least : `${least}–${most}`} %</b> ${spell.count(paths.length, 'document')}
    <ul>${namesOf(paths.slice(0, NAMED), root).map((name) => html`<li><bdi>${name}</bdi></li>`)}${rest > 0 ? html`<li class="soft">and ${rest} more</li>` : undefined}</ul></li>`
}

/** Files as one knows them; where two have one name, with the folder in which they are: pnpm's is of the package's version. */
function namesOf(paths: readonly string[], root: string): string[] {
  const names = paths.map((path) => nameOf(path, root))
  return names.map((name, i) => {
    if (names.indexOf(name) === names.lastIndexOf(name)) return name
    const [folder = ''] = relative(root, paths[i] as string).split(sep)
    return `${name} in ${short(folder.replace(/(?<=@\d[^_]*)_.*/, ''), 40)}`
  })
}

function picture(groups: readonly Group[], root: string): Markup {
  const tree: Tree = { children: groups.map((group) => ({ group, children: group.paths.map((path) => ({ path })) })) }
  const nodes = pack<Tree>()
    .size([WIDTH, HEIGHT])
    .padding((node) => (node.depth === 0 ? 10 : 5))(hierarchy<Tree>(tree).sum((each) => ('path' in each ? 1 : 0)))
  const body = (nodes.children ?? []).map((node, i) => groupPicture(node, i < LISTED ? i + 1 : undefined, root))
  return figureAround(nodes.children ?? [nodes], 'Groups of documents that are much alike', body)
}

/** A group, with the number that it has in the list. */
function groupPicture(
  { data, x, y, r, children = [] }: HierarchyCircularNode<Tree>,
  number: number | undefined,
  root: string,
): Markup {
  const places = new Map(children.map((child) => [(child.data as Leaf).path, child]))
  const { pairs } = (data as { group: Group }).group
  const lines = pairs.flatMap(({ path, to, similarity }) => {
    const [a, b] = [places.get(path), places.get(to)]
    if (a === undefined || b === undefined) return []
    return [
      html`<path class="pair" d="M${px(a.x)} ${px(a.y)} L${px(b.x)} ${px(b.y)}" stroke-width="${px(1 + (similarity - 0.5) * 6)}"><title>${Math.round(similarity * 100)} % alike: ${nameOf(path, root)}, ${nameOf(to, root)}</title></path>`,
    ]
  })
  const dots = children.map(
    (child) =>
      html`<circle class="twin" cx="${px(child.x)}" cy="${px(child.y)}" r="${px(Math.min(child.r * 0.6, 16))}"><title>${nameOf((child.data as Leaf).path, root)}</title></circle>`,
  )
  return html`<circle class="group" cx="${px(x)}" cy="${px(y)}" r="${px(r)}"/>${lines}${dots}
    <text class="number middle" x="${px(x)}" y="${px(y - r + 16)}">${number}</text>`
}
