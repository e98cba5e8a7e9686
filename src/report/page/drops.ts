import type { DropReport } from '../data.js'
import { bars } from './bars.js'
import type { Open, Slide } from './dialog.js'
import { element, note, section } from './dom.js'
import { number, title, words } from './format.js'
import { whenNear } from './lazy.js'
import { rove } from './roving.js'

/** Dropped items by reason, with example pictures. @param elsewhere steps whose examples are in another section. */
export function drops(
  all: readonly DropReport[],
  open: Open,
  elsewhere: readonly string[] = [],
): HTMLElement {
  if (all.length === 0) return section('drops', 'Dropped', note('Nothing was dropped.'))
  const inOrder = [...all].sort((a, b) => b.count - a.count)
  const rows = inOrder.map(drop => ({
    label: words(drop.reason),
    note: drop.kept ? `${drop.step}, kept` : drop.step,
    count: drop.count,
  }))
  return section(
    'drops',
    'Dropped',
    note(
      'By reason, with the step that dropped the items, or kept them with a reservation. The bars have a square-root scale.',
    ),
    bars('drops', 'Dropped by reason', rows, 'var(--found)').figure,
    inOrder.some(({ step }) => elsewhere.includes(step)) &&
      note(
        'Examples of those who were dropped for where they stand: ',
        element('a', { href: '#surface' }, 'Playing surface'),
        '.',
      ),
    examples(
      inOrder.filter(({ step }) => !elsewhere.includes(step)),
      open,
    ),
  )
}

/** Example pictures by reason. */
export const examples = (all: readonly DropReport[], open: Open): HTMLElement =>
  element('div', { class: 'examples' }, ...all.filter(({ pictures }) => pictures.length > 0).map(rowOf(open)))

function rowOf(open: Open): (drop: DropReport) => HTMLElement {
  const near = whenNear()
  return drop => {
    const { step, reason, kept, count, pictures } = drop
    const what = kept ? 'Kept' : 'Dropped'
    const slides = pictures.map(
      ({ frame, picture }): Slide => ({
        title: `${what}: ${words(reason)}`,
        facts: [
          ['Frame', String(frame)],
          ['Step', step],
          [`${what} for this reason`, number(count)],
        ],
        pictures: [{ label: words(reason), source: picture }],
      }),
    )
    const row = element('div', { class: 'row' })
    near(row, () =>
      row.replaceChildren(
        ...pictures.map(({ frame, picture }, index) => {
          const name = `${words(reason)}, frame ${frame}: enlarge`
          const button = element(
            'button',
            { type: 'button', class: 'thumbnail', 'aria-label': name, tabindex: index === 0 ? 0 : -1 },
            element('img', { src: picture, alt: '' }),
          )
          button.addEventListener('click', () => open(slides, index))
          return button
        }),
      ),
    )
    rove(row, 'button')
    return element('div', { class: 'example' }, element('h3', {}, title(words(reason))), row)
  }
}
