import type { Child } from './dom.js'
import { element } from './dom.js'

export interface Chart {
  readonly figure: HTMLElement
  /** For when the data changed; a new width is seen by itself. */
  redraw(): void
}

/** Said once for all: the text of a chart is that of the page, at a size that a phone shows as well. */
export const chartStyle = { fontFamily: 'inherit', fontSize: '12px', overflow: 'visible' } as const

/**
 * A figure that is drawn to its width and again when the width changes.
 * `label` tells who cannot see it what it shows; a chart with links in it is a `group`, else they would be hidden.
 */
export function chart(
  name: string,
  label: string,
  draw: (width: number) => Element,
  role: 'img' | 'group' = 'img',
  ...children: readonly Child[]
): Chart {
  const drawing = element('div', { class: 'drawing', role, 'aria-label': label })
  const figure = element('figure', { 'data-chart': name }, ...children, drawing)
  let width = 0
  const redraw = () => {
    if (width > 0) drawing.replaceChildren(draw(width))
  }
  new ResizeObserver(([entry]) => {
    const now = Math.floor(entry?.contentRect.width ?? 0)
    if (now === width) return
    width = now
    redraw()
  }).observe(drawing)
  return { figure, redraw }
}
