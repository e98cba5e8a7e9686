import type { ReportData } from '../data.js'
import { element, note, section, table } from './dom.js'
import { number, percent, time, words } from './format.js'

export function steps({ steps: rows }: Pick<ReportData, 'steps'>): HTMLElement {
  if (rows.length === 0) return section('steps', 'Steps', note('No step ran.'))
  return section(
    'steps',
    'Steps',
    note(
      'Work is summed over all threads. Wait is the time until a worker, a frame slot or the output was free.',
    ),
    table(
      'Steps',
      [
        ['Step', 'text'],
        ['In', 'number'],
        ['Out', 'number'],
        ['Dropped', 'text'],
        ['Work', 'number'],
        ['Wait', 'number'],
        ['Share of the work', 'text'],
      ],
      rows.map(row => [
        row.step,
        row.in === undefined ? '' : number(row.in),
        number(row.out),
        element(
          'span',
          {},
          [
            ...Object.entries(row.dropped).map(([reason, count]) => `${number(count)} ${words(reason)}`),
            ...Object.entries(row.flagged).map(
              ([reason, count]) => `${number(count)} ${words(reason)} (kept)`,
            ),
          ].join(', '),
        ),
        time(row.workSeconds),
        time(row.waitSeconds),
        row.share === undefined ? '' : share(row.share),
      ]),
    ),
  )
}

function share(value: number): HTMLElement {
  const bar = element('span', { class: 'share', 'aria-hidden': 'true' })
  bar.style.setProperty('--share', `${Math.min(1, Math.max(0, value)) * 100}%`)
  return element('span', { class: 'shares' }, bar, percent(value))
}
