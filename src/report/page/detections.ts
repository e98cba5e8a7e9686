import { areaY, lineY, plot, ruleY } from '@observablehq/plot'
import type { ReportData } from '../data.js'
import { chart, chartStyle } from './chart.js'
import { legend, note, section } from './dom.js'
import { number, timeTick } from './format.js'

/** Detections per frame over time: those that reach the tracker, and those in a track. */
export function detections({
  detections: all,
  video,
}: Pick<ReportData, 'detections' | 'video'>): HTMLElement {
  if (all.length === 0) return section('detections', 'Detections', note('The detector did not run.'))
  const mean = (of: 'found' | 'tracked') => number(all.reduce((sum, row) => sum + row[of], 0) / all.length)
  const text = `On average, ${mean('found')} detections per frame reached the tracker; ${mean('tracked')} of them are in a track.`
  // The first and the last value extend to the ends of the video, so that a single one is visible too.
  const rows = [{ ...all[0]!, seconds: 0 }, ...all, { ...all.at(-1)!, seconds: video.seconds }]
  const curve = 'step'
  const { figure } = chart(
    'detections',
    `Detections per frame over time. ${text}`,
    width =>
      plot({
        width,
        height: 220,
        marginLeft: 36,
        marginRight: 20,
        style: chartStyle,
        x: { label: null, tickFormat: timeTick(video.seconds), ticks: width / 90 },
        y: { label: 'per frame', grid: true, ticks: 5, zero: true },
        marks: [
          ruleY([0]),
          areaY(rows, { curve, x: 'seconds', y1: 0, y2: 'found', fill: 'var(--found)', fillOpacity: 0.18 }),
          lineY(rows, { curve, x: 'seconds', y: 'found', stroke: 'var(--found)', strokeWidth: 1.25 }),
          areaY(rows, { curve, x: 'seconds', y1: 0, y2: 'tracked', fill: 'var(--train)', fillOpacity: 0.3 }),
          lineY(rows, { curve, x: 'seconds', y: 'tracked', stroke: 'var(--train)', strokeWidth: 1.75 }),
        ],
      }),
    'img',
    legend([
      { label: 'into the tracker', color: 'var(--found)' },
      { label: 'in a track', color: 'var(--train)' },
    ]),
  )
  return section('detections', 'Detections per frame', note(text), figure)
}
