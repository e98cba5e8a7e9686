import { areaY, lineY, plot, rect, ruleY } from '@observablehq/plot'
import type { Moment, ReportData } from '../data.js'
import { chart, chartStyle } from './chart.js'
import { element, legend, note, section } from './dom.js'
import { bytes, percent, tick, time, timeTick } from './format.js'

/** A moment with its start; `seconds` is its end. */
type Stretch = Moment & { readonly from: number }

interface Track {
  readonly name: string
  readonly label: string
  readonly value: (moment: Moment) => number
  readonly format: (value: number) => string
  readonly most?: number
}

const measures: readonly Track[] = [
  { name: 'frames', label: 'Frames per second', value: moment => moment.framesPerSecond, format: tick },
  { name: 'images', label: 'Images per second', value: moment => moment.imagesPerSecond, format: tick },
  { name: 'busy', label: 'Workers busy', value: moment => moment.busy, format: percent, most: 1 },
  { name: 'memory', label: 'Memory', value: moment => moment.memoryBytes, format: bytes },
]

/** Throughput, memory and bottleneck over the run. */
export function timeline({ timeline: all }: Pick<ReportData, 'timeline'>): HTMLElement {
  const rows = all.map((moment, index) => ({ ...moment, from: all[index - 1]?.seconds ?? 0 }))
  if (rows.length === 0) return section('run', 'The run', note('The run was too short to measure.'))
  const spans = bottlenecks(rows)
  const names = [...new Set(spans.map(span => span.bottleneck))]
  const color = (name: string) => `var(--band-${names.indexOf(name) % 8})`
  const end = rows.at(-1)?.seconds ?? 0
  const held = names.map(name => {
    const seconds = spans
      .filter(span => span.bottleneck === name)
      .reduce((sum, span) => sum + span.to - span.from, 0)
    return { label: `${name} ${percent(seconds / end)}`, color: color(name) }
  })
  return section(
    'run',
    'The run',
    note(
      'Throughput and memory since the graph started. The colors show the bottleneck and its share of the time.',
    ),
    legend(held),
    element(
      'div',
      { class: 'multiples wide' },
      ...measures.map(measure => panel(measure, rows, spans, color, end)),
    ),
  )
}

function panel(
  { name, label, value, format, most }: Track,
  rows: readonly Stretch[],
  spans: readonly Span[],
  color: (name: string) => string,
  end: number,
): HTMLElement {
  const values = rows.map(value)
  const top = most ?? (Math.max(...values) * 1.05 || 1)
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length
  const steps = rows.flatMap(row => [
    { x: row.from, y: value(row) },
    { x: row.seconds, y: value(row) },
  ])
  const spoken = `${label} over the run: ${format(mean)} on average, ${format(Math.max(...values))} at most`
  return chart(
    `run-${name}`,
    spoken,
    width =>
      plot({
        width,
        height: 140,
        marginLeft: 58,
        marginRight: 20,
        marginTop: 8,
        style: chartStyle,
        x: { label: null, tickFormat: timeTick(end), ticks: width / 90 },
        y: { label: null, grid: true, ticks: 3, domain: [0, top], tickFormat: format },
        marks: [
          rect(spans, {
            x1: 'from',
            x2: 'to',
            y1: 0,
            y2: top,
            fill: (span: Span) => color(span.bottleneck),
            fillOpacity: 0.18,
            title: (span: Span) => `${span.bottleneck}, ${time(span.from)} to ${time(span.to)}`,
          }),
          // The same in full color along the top, where it is easy to see.
          rect(spans, {
            x1: 'from',
            x2: 'to',
            y1: top,
            y2: top * 0.95,
            fill: (span: Span) => color(span.bottleneck),
          }),
          ruleY([0]),
          areaY(steps, { x: 'x', y1: 0, y2: 'y', fill: 'currentColor', fillOpacity: 0.08 }),
          lineY(steps, { x: 'x', y: 'y', stroke: 'currentColor', strokeWidth: 1.5 }),
        ],
      }),
    'img',
    element('figcaption', {}, element('strong', {}, label)),
  ).figure
}

interface Span {
  readonly from: number
  to: number
  readonly bottleneck: string
}

/** Merges neighboring stretches with the same bottleneck. */
function bottlenecks(rows: readonly Stretch[]): Span[] {
  const spans: Span[] = []
  for (const { from, seconds, bottleneck } of rows) {
    const last = spans.at(-1)
    if (last?.bottleneck === bottleneck) last.to = seconds
    else spans.push({ from, to: seconds, bottleneck })
  }
  return spans
}
