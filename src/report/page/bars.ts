import { barX, plot, text } from '@observablehq/plot'
import { type Chart, chart, chartStyle } from './chart.js'
import { number, title } from './format.js'

export interface Bar {
  readonly label: string
  readonly count: number
  readonly note?: string
}

const rowHeight = 46

/**
 * One bar per count. Counts differ by orders of magnitude: a square-root scale keeps small ones visible and, unlike
 * a logarithm, can show zero. Labels are above the bars, so that both fit on a phone.
 */
export function bars(name: string, label: string, rows: readonly Bar[], color: string): Chart {
  const most = Math.max(1, ...rows.map(row => row.count))
  const spoken = rows.map(row => `${row.label} ${number(row.count)}`).join(', ')
  return chart(name, `${label}: ${spoken}`, width =>
    plot({
      width,
      height: rows.length * rowHeight,
      margin: 0,
      marginRight: 64,
      style: chartStyle,
      x: { type: 'sqrt', domain: [0, most], axis: null },
      y: { type: 'band', domain: rows.map((_, index) => index), axis: null, padding: 0 },
      marks: [
        barX(rows, {
          x1: 0,
          x2: 'count',
          y: (_, index) => index,
          insetTop: 22,
          insetBottom: 8,
          rx: 2,
          fill: color,
          title: (row: Bar) => `${row.label}: ${number(row.count)}`,
        }),
        text(rows, {
          y: (_, index) => index,
          frameAnchor: 'left',
          textAnchor: 'start',
          dy: -11,
          text: (row: Bar) => title(row.note ? `${row.label} (${row.note})` : row.label),
          fill: 'currentColor',
        }),
        text(rows, {
          x: 'count',
          y: (_, index) => index,
          dx: 7,
          dy: 7,
          textAnchor: 'start',
          text: (row: Bar) => number(row.count),
          fill: 'currentColor',
          fontWeight: 600,
          fontVariant: 'tabular-nums',
        }),
      ],
    }),
  )
}
