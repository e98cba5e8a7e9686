import type { DropReport, SurfaceFrame, SurfaceReport } from '../data.js'
import { overlayColors, type Standing } from '../overlay-colors.js'
import type { Open, Slide } from './dialog.js'
import { element, legend, note, section } from './dom.js'
import { examples } from './drops.js'
import { number } from './format.js'

const css = (rgb: readonly number[]) => `rgb(${rgb.join(' ')})`

/** The learned playing surface over sample frames, and examples of who was dropped for it. */
export function surface(
  { sentences, colors, told, frames, filters }: SurfaceReport,
  drops: readonly DropReport[],
  open: Open,
): HTMLElement {
  const marked = frames.some(frame => frame.marked !== undefined)
  const dropped = drops.filter(({ step }) => filters.includes(step))
  return section(
    'surface',
    'Playing surface',
    element('ul', { class: 'sentences' }, ...sentences.map(sentence => element('li', {}, sentence))),
    colors.length > 0 && element('ul', { class: 'palette', 'aria-label': 'Colors' }, ...colors.map(color)),
    marked && legend(drawn(frames, told)),
    element('div', { class: 'frames' }, ...frames.map((frame, i) => figure(frame, i, frames, open))),
    dropped.length > 0 && note('Dropped for where they stand:'),
    examples(dropped, open),
  )
}

function color({ rgb, isCourt }: SurfaceReport['colors'][number]): HTMLElement {
  const patch = element('span', { class: 'patch', 'aria-hidden': 'true' })
  patch.style.background = css(rgb)
  return element('li', {}, patch, `${rgb.join(', ')}${isCourt ? ' (court)' : ''}`)
}

/** What is drawn over the frames. */
function drawn(frames: readonly SurfaceFrame[], told: boolean) {
  const boxes: Readonly<Record<Standing, string>> = {
    on: told ? 'on the court' : 'on the surface',
    around: 'around the court',
    off: 'off the surface',
  }
  const shown = Object.keys(boxes).filter(where =>
    frames.some(({ people }) => people !== undefined && people[where as Standing] > 0),
  ) as Standing[]
  return [
    { label: told ? 'surface around the court' : 'surface', color: css(overlayColors.surface) },
    ...(told ? [{ label: 'court', color: css(overlayColors.court) }] : []),
    ...shown.map(where => ({ label: `box: ${boxes[where]}`, color: css(overlayColors[where]) })),
  ]
}

function figure(
  frame: SurfaceFrame,
  index: number,
  frames: readonly SurfaceFrame[],
  open: Open,
): HTMLElement {
  const title = `Sample frame ${index + 1}`
  const button = element(
    'button',
    { type: 'button', class: 'thumbnail', 'aria-label': `${title}: enlarge` },
    element('img', { src: frame.marked ?? frame.plain, alt: '' }),
  )
  button.addEventListener('click', () => open(frames.map(slide), index))
  return element('figure', {}, button, element('figcaption', {}, counts(frame)))
}

function counts({ people }: SurfaceFrame): string {
  if (people === undefined) return ''
  const { on, around, off } = people
  const parts = [
    around === 0 ? `${number(on)} on it` : `${number(on)} on the court, ${number(around)} around it`,
    off > 0 && `${number(off)} off the surface`,
  ]
  return parts.filter(Boolean).join(', ')
}

function slide(frame: SurfaceFrame, index: number): Slide {
  return {
    title: `Sample frame ${index + 1}`,
    facts: [['People', counts(frame) || 'not looked for']],
    pictures: [
      ...(frame.marked === undefined ? [] : [{ label: 'surface', source: frame.marked }]),
      { label: 'frame', source: frame.plain },
    ],
  }
}
