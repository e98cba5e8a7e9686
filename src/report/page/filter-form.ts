import type { Side, TrackReport } from '../data.js'
import { type Child, element } from './dom.js'
import { type Order, select } from './filter.js'
import { number, plural } from './format.js'

const sides = { any: 'any side', train: 'in train', val: 'in val', gap: 'in a gap' } satisfies Record<
  Side | 'any',
  string
>
const orders = {
  id: 'by number',
  sightings: 'most sightings',
  images: 'most images',
  confidence: 'most confident',
} satisfies Record<Order, string>

/** The form that filters the tracks; `onChange` gets the matching ones, in order. */
export function filterForm(
  tracks: readonly TrackReport[],
  onChange: (tracks: readonly TrackReport[]) => void,
): HTMLFormElement {
  const ids = element('input', {
    id: 'filter-ids',
    placeholder: '7 or 3-9 or 3, 8',
    autocomplete: 'off',
    spellcheck: 'false',
    'aria-describedby': 'filter-result',
  })
  const side = choice('filter-side', sides)
  const minimum = element('input', {
    id: 'filter-minimum',
    type: 'number',
    min: 0,
    step: 1,
    value: 0,
    inputmode: 'numeric',
  })
  const order = choice('filter-order', orders)
  const result = element('output', { id: 'filter-result', for: 'filter-ids filter-side filter-minimum' })
  const form = element(
    'form',
    { class: 'filter', role: 'search', 'aria-label': 'Filter' },
    field('Tracks', ids),
    field('Side', side),
    field('Sightings, at least', minimum),
    field('Order', order),
    element('button', { type: 'reset' }, 'Show all'),
    result,
  )
  const update = () => {
    const shown = select(tracks, {
      ids: ids.value,
      side: side.value as Side | 'any',
      minimum: minimum.valueAsNumber || 0,
      order: order.value as Order,
    })
    ids.setAttribute('aria-invalid', String(!shown))
    result.textContent = shown
      ? `${number(shown.length)} of ${plural(tracks.length, 'track')}`
      : 'Expected numbers of tracks, such as 7, 3-9 or 3, 8.'
    if (shown) onChange(shown)
  }
  form.addEventListener('input', update)
  form.addEventListener('submit', event => event.preventDefault())
  // The browser resets the fields after the event.
  form.addEventListener('reset', () => setTimeout(update))
  update()
  return form
}

function field(label: string, control: HTMLElement): HTMLElement {
  return element('div', { class: 'field' }, element('label', { for: control.id }, label), control)
}

function choice(id: string, values: Readonly<Record<string, string>>): HTMLSelectElement {
  const choices: Child[] = Object.entries(values).map(([value, label]) => element('option', { value }, label))
  return element('select', { id }, ...choices)
}
