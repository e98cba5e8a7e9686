import type { ReportData } from '../data.js'
import { bars } from './bars.js'
import { note, section } from './dom.js'

export function funnel({ funnel: rows }: Pick<ReportData, 'funnel'>): HTMLElement {
  const text = 'The number of items after each step. The bars have a square-root scale.'
  return section(
    'funnel',
    'From frames to images',
    note(rows.length > 0 ? text : 'Nothing was counted.'),
    rows.length > 0 && bars('funnel', 'From frames to images', rows, 'var(--train)').figure,
  )
}
