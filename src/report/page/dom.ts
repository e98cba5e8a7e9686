type Attributes = Readonly<Record<string, string | number | boolean | undefined>>
export type Child = Node | string | false | undefined

/** An element; what others wrote (file names, options) comes in as text only, never as markup. */
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

/** A part of the page that its heading names and the list of contents links to. */
export function section(id: string, title: string, ...children: readonly Child[]): HTMLElement {
  const heading = element('h2', { id: `${id}-title` }, title)
  return element('section', { id, 'aria-labelledby': heading.id }, heading, ...children)
}

export function note(...children: readonly Child[]): HTMLElement {
  return element('p', { class: 'note' }, ...children)
}

/** Terms with what they are, in columns where there is room. */
export function facts(rows: readonly (readonly [string, Child])[]): HTMLElement {
  return element(
    'dl',
    { class: 'facts' },
    ...rows.map(([term, value]) => element('div', {}, element('dt', {}, term), element('dd', {}, value))),
  )
}

/** A table that scrolls by itself where it is wider than the page; numbers stand to the right. */
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

/** What the colors of a chart mean. */
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
