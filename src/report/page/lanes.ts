import { axisX, barX, gridX, plot, ruleY, text } from '@observablehq/plot'
import type { ReportData, Side, TrackReport } from '../data.js'
import { chart, chartStyle } from './chart.js'
import { element, legend, note } from './dom.js'
import { time, timeTick } from './format.js'
import { whenNear } from './lazy.js'
import { rove } from './roving.js'

export const sideColors: Readonly<Record<Side, string>> = {
  train: 'var(--train)',
  gap: 'var(--gap)',
  val: 'var(--val)',
}

const laneHeight = 18
const marginLeft = 48
const marginRight = 16

/** One lane per track over time, colored by side, with a link to the contact sheet of its track. */
export function lanes({ video, tracks: all }: Pick<ReportData, 'video' | 'tracks'>): {
  readonly node: HTMLElement
  show(tracks: readonly TrackReport[]): void
} {
  let tracks = all
  const end = Math.max(video.seconds, ...all.flatMap(track => track.lanes.map(lane => lane.to)), 1e-3)
  const x = { domain: [0, end], label: null, tickFormat: timeTick(end) }
  const axis = chart('lanes-axis', 'Time', width =>
    plot({
      width,
      height: 26,
      marginLeft,
      marginRight,
      marginTop: 24,
      marginBottom: 0,
      style: chartStyle,
      x,
      marks: [axisX({ anchor: 'top', ticks: width / 90, tickFormat: x.tickFormat, label: null })],
    }),
  )
  const lanes = chart(
    'lanes',
    'One lane per track over time. Enter opens its contact sheet.',
    width => draw(tracks, width, x),
    'group',
  )
  const box = element('div', { class: 'lanes' })
  // 500 tracks are about 10,000 elements: drawn only near the viewport.
  whenNear()(box, () =>
    box.append(element('div', { class: 'axis', 'aria-hidden': 'true' }, axis.figure), lanes.figure),
  )
  const empty = note('No matching track.')
  rove(box, 'a.label')
  return {
    node: element(
      'div',
      {},
      legend(Object.entries(sideColors).map(([label, color]) => ({ label, color }))),
      box,
      empty,
    ),
    show(shown) {
      tracks = shown
      empty.hidden = shown.length > 0
      box.hidden = shown.length === 0
      box.style.setProperty('--lanes', `${shown.length * laneHeight}px`)
      lanes.redraw()
    },
  }
}

function draw(tracks: readonly TrackReport[], width: number, x: object): Element {
  const rows = tracks.flatMap(({ id, lanes }) => lanes.map(lane => ({ id, ...lane })))
  const lives = tracks
    .filter(track => track.lanes.length > 0)
    .map(({ id, lanes }) => ({
      id,
      from: Math.min(...lanes.map(l => l.from)),
      to: Math.max(...lanes.map(l => l.to)),
    }))
  const href = ({ id }: { readonly id: number }) => `#track-${id}`
  const svg = plot({
    width,
    height: Math.max(1, tracks.length) * laneHeight + 8,
    marginLeft,
    marginRight,
    marginTop: 4,
    marginBottom: 4,
    style: chartStyle,
    x: { ...x, axis: null },
    y: { type: 'band', domain: tracks.map(track => track.id), axis: null, padding: 0.3 },
    marks: [
      gridX({ ticks: width / 90 }),
      ruleY(lives, { y: 'id', x1: 'from', x2: 'to', stroke: 'currentColor', strokeOpacity: 0.35 }),
      barX(rows, {
        x1: 'from',
        x2: 'to',
        y: 'id',
        fill: row => sideColors[row.side as Side],
        // A single sighting has no length but must be visible.
        insetLeft: -1,
        insetRight: -1,
        href,
        title: row => `Track ${row.id}: ${row.side}, ${time(row.from)} to ${time(row.to)}`,
      }),
      text(tracks, {
        y: 'id',
        frameAnchor: 'left',
        textAnchor: 'end',
        dx: -8,
        text: track => `#${track.id}`,
        fill: 'currentColor',
        href,
      }),
    ],
  })
  linksOf(svg)
  return svg
}

/** Only the track numbers are keyboard links, with one tab stop for all; the bars are links for the mouse. */
function linksOf(svg: Element): void {
  let first = true
  for (const link of svg.querySelectorAll('a')) {
    const label = link.querySelector('text')
    link.setAttribute('tabindex', label && first ? '0' : '-1')
    if (label) {
      link.setAttribute('aria-label', `Track ${label.textContent?.slice(1)}`)
      link.classList.add('label')
      first = false
    } else link.setAttribute('aria-hidden', 'true')
  }
}
