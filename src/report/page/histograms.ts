import { axisX, plot, rectY, ruleY } from '@observablehq/plot'
import type { Histogram } from '../data.js'
import { chart, chartStyle } from './chart.js'
import { element, note, section } from './dom.js'
import { number, tick } from './format.js'

export function histograms(all: readonly Histogram[]): HTMLElement {
  return section(
    'histograms',
    'Size and quality',
    note(all.length > 0 ? 'The number of tracked detections per bin.' : 'Nothing was measured.'),
    element('div', { class: 'multiples' }, ...all.map(histogram)),
  )
}

function histogram({ label, unit, from, to, counts }: Histogram): HTMLElement {
  const bin = (to - from) / Math.max(1, counts.length)
  const rows = counts.map((count, index) => ({
    from: from + index * bin,
    to: from + (index + 1) * bin,
    count,
  }))
  const total = counts.reduce((sum, count) => sum + count, 0)
  const title = element('figcaption', {}, element('strong', {}, label), unit && ` (${unit})`)
  if (total === 0) return element('figure', {}, title, note('No values.'))
  const half = rows.find((_, index) => counts.slice(0, index + 1).reduce((a, b) => a + b, 0) >= total / 2)
  const median = half ? `half of them below ${number(half.to)} ${unit}` : ''
  return chart(
    'histogram',
    `Histogram of ${label}: ${number(total)} values from ${number(from)} to ${number(to)} ${unit}, ${median}`,
    width =>
      plot({
        width,
        height: 150,
        marginLeft: 38,
        marginRight: 20,
        marginTop: 12,
        style: chartStyle,
        // A bin for a single value has no width: draw it wider.
        x: { domain: bin > 0 ? [from, to] : [from - 0.5, to + 0.5] },
        y: { label: null, grid: true, ticks: 3, tickFormat: tick },
        marks: [
          ruleY([0]),
          axisX({ label: null, ticks: Math.max(2, width / 60), tickFormat: tick }),
          rectY(rows, {
            x1: bin > 0 ? 'from' : () => from - 0.25,
            x2: bin > 0 ? 'to' : () => to + 0.25,
            y: 'count',
            insetLeft: 0.5,
            insetRight: 0.5,
            fill: 'var(--train)',
            title: (row: (typeof rows)[number]) =>
              `${number(row.from)} to ${number(row.to)} ${unit}: ${number(row.count)}`,
          }),
        ],
      }),
    'img',
    title,
  ).figure
}
