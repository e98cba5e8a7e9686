import type { ReportData } from '../data.js'
import { element, facts } from './dom.js'
import { bytes, number, percent, plural, time } from './format.js'

/** Input, result, warnings and failed checks. */
export function summary({
  video,
  run,
  leakage,
  bottleneck,
  advice,
}: Pick<ReportData, 'video' | 'run' | 'leakage' | 'bottleneck' | 'advice'>): HTMLElement {
  const failed = leakage.filter(check => !check.ok).length
  const input = [
    time(video.seconds),
    `${video.width} × ${video.height}`,
    `${number(video.fps)} frames/s`,
    plural(video.frames, 'frame'),
    bytes(video.bytes),
  ]
  const identities = facts([
    ['Dataset', element('code', {}, run.root)],
    ['Run', element('code', {}, run.guid)],
    ['Video', element('code', {}, video.guid)],
    ['SHA-256 of the video', element('code', {}, video.sha256)],
  ])
  return element(
    'header',
    { class: 'summary' },
    element('p', { class: 'kicker' }, 'Re-identification dataset'),
    element('h1', {}, video.name),
    element('p', { class: 'input' }, input.join(' · ')),
    element('p', { class: 'note' }, `Made by cropstream ${run.version}, `, finished(run.finishedAt)),
    failed > 0 &&
      element(
        'p',
        { class: 'banner failed' },
        element('strong', {}, `${plural(failed, 'leakage check')} failed. `),
        element('a', { href: '#leakage' }, 'Read why before you train on this dataset.'),
      ),
    figures(run, video.seconds),
    element('p', { class: 'bottleneck' }, element('strong', {}, 'Bottleneck. '), bottleneck),
    advice !== undefined && element('p', { class: 'bottleneck' }, element('strong', {}, 'Dropped. '), advice),
    ...run.omitted.map(sentence => element('p', { class: 'note' }, sentence)),
    run.warnings.length > 0 &&
      element(
        'section',
        { class: 'banner warning', 'aria-labelledby': 'warnings-title' },
        element('h2', { id: 'warnings-title' }, plural(run.warnings.length, 'warning')),
        element('ul', {}, ...run.warnings.map(warning => element('li', {}, warning))),
      ),
    element('details', {}, element('summary', {}, 'IDs and hashes of the video and the run'), identities),
  )
}

function figures(run: ReportData['run'], seconds: number): HTMLElement {
  const sides = run.train + run.val
  const trainShare = sides > 0 ? percent(run.train / sides) : 'none'
  const speed = run.wallSeconds > 0 ? `${number(seconds / run.wallSeconds)} × real time` : undefined
  const seen = run.tracksSeen > run.tracks && `of ${number(run.tracksSeen)} seen`
  const rows: [string, string, string | undefined][] = [
    ['Images', number(run.images), undefined],
    ['Train', number(run.train), trainShare],
    ['Val', number(run.val), sides > 0 ? percent(run.val / sides) : 'none'],
    ['Tracks', number(run.tracks), [seen, plural(run.cuts, 'camera cut')].filter(Boolean).join(' · ')],
    ['Wall time', time(run.wallSeconds), speed],
    ['Peak memory', bytes(run.peakBytes), undefined],
  ]
  return element(
    'dl',
    { class: 'figures' },
    ...rows.map(([term, value, more]) =>
      element(
        'div',
        {},
        element('dt', {}, term),
        element('dd', {}, value, more !== undefined && element('small', {}, more)),
      ),
    ),
  )
}

function finished(at: string): HTMLElement {
  const date = new Date(at)
  const known = !Number.isNaN(date.getTime())
  const text = known ? date.toLocaleString('en-US', { dateStyle: 'long', timeStyle: 'short' }) : at
  return element('time', { datetime: at }, text)
}
