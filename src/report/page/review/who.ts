import type { ReportData } from '../../data.js'
import { element, note, section } from '../dom.js'
import { plural } from '../format.js'
import { commands } from './controls.js'
import { cropsDialog } from './crops.js'
import { startsOf } from './cut.js'
import { everyone } from './everyone.js'
import { isServed } from './files.js'
import { namingDialog } from './naming.js'
import { pairing } from './pairing.js'
import { type Piece, piecesOf } from './pieces.js'
import { Progress } from './progress.js'
import { fileButtons, keepServed } from './saving.js'

export const whoTitle = 'Who is who'

/** Where a person says which tracks are one player: makes `review.json`. */
export function who({
  video,
  run,
  tracks,
  pairs = [],
}: Pick<ReportData, 'video' | 'run' | 'tracks' | 'pairs'>): HTMLElement {
  if (tracks.length === 0) return section('who', whoTitle, note('No track was found.'))
  const progress = new Progress(
    video.guid,
    run.datasetSha256,
    tracks.map(({ id }) => id),
  )
  const status = element('output', { class: 'note said', 'aria-live': 'polite' })
  const say = (text: string) => status.replaceChildren(text)
  const undo = () => {
    const undone = progress.undo()
    if (undone === undefined) return say('Nothing to undo.')
    asked?.goBack(undone)
    say('Took the last decision back.')
  }
  const startOf = startsOf(tracks, video.fps)
  const crops = cropsDialog(progress, video.fps, startOf, undo)
  const naming = namingDialog(progress)
  const all = everyone(progress, { crops: crops.open, naming: ({ person }) => naming.open(person) }, say)
  let pieces: readonly Piece[] = piecesOf(tracks, progress)
  const asked = pairs.length > 0 ? pairing(pairs, tracks, progress, startOf, () => pieces, say) : undefined
  const goToOpen = () => asked?.goToOpen()
  const node = section(
    'who',
    whoTitle,
    note(
      'Say which tracks are one player. Your decisions are kept in this browser; saved as review.json, they are applied to a run or an export (docs/review.md).',
    ),
  )
  node.append(
    element(
      'div',
      { class: 'bar decisions' },
      commands(node, [{ label: 'Undo', key: 'u', act: undo }]),
      fileButtons(progress, say, goToOpen),
    ),
    element('h3', {}, 'Suggested pairs'),
    asked?.node ?? note('There are no suggested pairs.'),
    element('h3', {}, 'All tracks'),
    note(
      'Arrow keys move, Space selects, Enter shows the crops of a track. The tracks of one person are in one frame.',
    ),
    all.node,
    crops.node,
    naming.node,
    // Last, and kept in sight at the bottom, wherever one works.
    status,
  )
  const update = () => {
    pieces = piecesOf(tracks, progress)
    all.show(pieces)
    asked?.update()
    crops.update()
    const people = new Set(pieces.map(piece => piece.number).filter(one => one !== undefined)).size
    all.node.dataset.people = String(people)
    say(
      `${plural(progress.decisions, 'decision')}: ${plural(people, 'person', 'people')} in ${plural(tracks.length, 'track')}.`,
    )
  }
  progress.onChange(update)
  update()
  if (isServed) void keepServed(progress, say, goToOpen)
  return node
}
