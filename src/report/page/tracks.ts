import type { ReportData } from '../data.js'
import type { Open } from './dialog.js'
import { element, note, section } from './dom.js'
import { filterForm } from './filter-form.js'
import { plural } from './format.js'
import { lanes } from './lanes.js'
import { sheets } from './sheets.js'

/** The tracks: lanes and contact sheets with one filter. */
export function tracks(
  data: Pick<ReportData, 'video' | 'tracks' | 'tracksLeftOut'>,
  open: Open,
): HTMLElement {
  const left = data.tracksLeftOut
  if (data.tracks.length === 0) return section('tracks', 'Tracks', note('No track was found.'))
  const overview = lanes(data)
  const contact = sheets(data.tracks, open)
  const form = filterForm(data.tracks, shown => {
    overview.show(shown)
    contact.show(shown)
  })
  return section(
    'tracks',
    'Tracks',
    left > 0 &&
      note(
        `The tracks with the most sightings; ${plural(left, 'more track')} ${left === 1 ? 'is' : 'are'} in the dataset.`,
      ),
    form,
    element('h3', {}, 'Over time'),
    overview.node,
    element('h3', {}, 'Contact sheets'),
    note(
      'Each column is one frame: the original crop, the image in the dataset, then its augmented variants. Each sheet should show one player.',
    ),
    contact.node,
  )
}
