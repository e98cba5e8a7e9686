import './licenses.js'
import './style.css'
import type { ReportData } from '../data.js'
import { classes } from './classes.js'
import { detections } from './detections.js'
import { dialog } from './dialog.js'
import { element } from './dom.js'
import { drops } from './drops.js'
import { embedded, embeddedTracks } from './embedded.js'
import { funnel } from './funnel.js'
import { histograms } from './histograms.js'
import { leakage } from './leakage.js'
import { model } from './model.js'
import { options } from './options.js'
import { pairs, pairsTitle } from './pairs.js'
import { who, whoTitle } from './review/who.js'
import { steps } from './steps.js'
import { summary } from './summary.js'
import { surface } from './surface.js'
import { timeline } from './timeline.js'
import { tracks } from './tracks.js'

const data = embedded<Omit<ReportData, 'tracks'>>(document.getElementById('data'))

const large = dialog()
const sections = [
  leakage(data.leakage),
  funnel(data),
  ...(data.classes.length > 1 ? [classes(data)] : []),
  detections(data),
  ...(data.surface ? [surface(data.surface, data.drops, large.open)] : []),
  drops(data.drops, large.open, data.surface?.filters),
  histograms(data.histograms),
  steps(data),
  timeline(data),
  options(data),
  model(data.run),
]

const link = (id: string, title: string) => element('li', {}, element('a', { href: `#${id}` }, title))
const contents = sections.map(({ id, firstElementChild }) => link(id, firstElementChild?.textContent ?? id))
const main = element('main', { id: 'main', tabindex: -1 }, summary(data), ...sections)

document.body.append(
  element('a', { class: 'skip', href: '#main' }, 'Skip to the report'),
  element(
    'nav',
    { 'aria-label': 'Contents' },
    element(
      'ul',
      {},
      ...contents,
      link('tracks', 'Tracks'),
      link('pairs', pairsTitle),
      link('who', whoTitle),
    ),
  ),
  main,
  large.node,
)
// The tracks and their pictures are nearly all of the file and come after this script: the rest is shown first.
document.addEventListener('DOMContentLoaded', () => {
  const whole: ReportData = { ...data, tracks: embeddedTracks(document.querySelectorAll('script.track')) }
  main.append(tracks(whole, large.open), pairs(whole, large.open), who(whole))
})
