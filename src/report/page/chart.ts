import type { Child } from './dom.js'
import { element } from './dom.js'

export interface Chart {
  readonly figure: HTMLElement
  /** Call it after the data changed; a change of the width redraws by itself. */
  redraw(): void
}

/** Charts use the font of the page, at a size that is readable on a phone. */
export const chartStyle = { fontFamily: 'inherit', fontSize: '12px', overflow: 'visible' } as const

/**
 * A figure that is drawn to its width, and redrawn when the width changes.
 * `label` describes it to a screen reader. A chart with links needs the role `group`: `img` hides its content.
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
