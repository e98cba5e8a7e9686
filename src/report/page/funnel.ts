import type { ReportData } from '../data.js'
import { bars } from './bars.js'
import { note, section } from './dom.js'

export function funnel({ funnel: rows }: Pick<ReportData, 'funnel'>): HTMLElement {
  const text = 'How many of what there was after each part of the graph. Bars are on a square-root scale.'
  return section(
    'funnel',
    'From frames to images',
    note(rows.length > 0 ? text : 'Nothing was counted.'),
    rows.length > 0 && bars('funnel', 'From frames to images', rows, 'var(--train)').figure,
  )
}
