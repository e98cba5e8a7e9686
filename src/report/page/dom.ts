type Attributes = Readonly<Record<string, string | number | boolean | undefined>>
export type Child = Node | string | false | undefined

/** Creates an element. Untrusted text (file names, options) is added as text, never as markup. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const node = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) node.setAttribute(name, value === true ? '' : String(value))
  }
  node.append(...children.filter(child => child !== undefined && child !== false))
  return node
}

/** A section of the page, labeled by its heading; the table of contents links to it. */
export function section(id: string, title: string, ...children: readonly Child[]): HTMLElement {
  const heading = element('h2', { id: `${id}-title` }, title)
  return element('section', { id, 'aria-labelledby': heading.id }, heading, ...children)
}

export function note(...children: readonly Child[]): HTMLElement {
  return element('p', { class: 'note' }, ...children)
}

/** Terms and values, in columns if the page is wide enough. */
export function facts(rows: readonly (readonly [string, Child])[]): HTMLElement {
  return element(
    'dl',
    { class: 'facts' },
    ...rows.map(([term, value]) => element('div', {}, element('dt', {}, term), element('dd', {}, value))),
  )
}

/** A table that scrolls horizontally if it is wider than the page; numbers are right-aligned. */
export function table(
  caption: string,
  columns: readonly (readonly [string, 'text' | 'number'])[],
  rows: readonly (readonly Child[])[],
): HTMLElement {
  const cell = (child: Child, index: number) =>
    index === 0
      ? element('th', { scope: 'row' }, child)
      : element('td', { class: columns[index]?.[1] }, child)
  const head = columns.map(([name, kind]) => element('th', { scope: 'col', class: kind }, name))
  return element(
    'div',
    { class: 'table', role: 'region', 'aria-label': caption, tabindex: 0 },
    element(
      'table',
      {},
      element('caption', { class: 'unseen' }, caption),
      element('thead', {}, element('tr', {}, ...head)),
      element('tbody', {}, ...rows.map(row => element('tr', {}, ...row.map(cell)))),
    ),
  )
}

/** The legend of a chart's colors. */
export function legend(items: readonly { readonly label: string; readonly color: string }[]): HTMLElement {
  return element(
    'ul',
    { class: 'legend' },
    ...items.map(({ label, color }) => {
      const swatch = element('span', { class: 'swatch', 'aria-hidden': 'true' })
      swatch.style.background = color
      return element('li', {}, swatch, label)
    }),
  )
}
