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
  tracksLeftOut,
  pairs = [],
}: Pick<ReportData, 'video' | 'run' | 'tracks' | 'tracksLeftOut' | 'pairs'>): HTMLElement {
  if (tracks.length === 0) return section('who', whoTitle, note('No track was found.'))
  const progress = new Progress(
    video.guid,
    run.datasetSha256,
    // A pair may be of a track that the report does not have.
    [...new Set([...tracks.map(({ id }) => id), ...pairs.flatMap(pair => pair.tracks)])],
    tracksLeftOut === 0,
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
  let pieces: readonly Piece[] = piecesOf(tracks, progress, video.fps)
  const asked = pairs.length > 0 ? pairing(pairs, tracks, progress, startOf, () => pieces, say) : undefined
  const goToOpen = () => asked?.goToOpen()
  const bar = element('div', { class: 'bar decisions' })
  /** Why nothing can be decided here. */
  let blocked = ''
  const allow = (isAllowed: boolean) => {
    for (const part of [bar, asked?.node, all.node]) part?.toggleAttribute('inert', !isAllowed)
  }
  const node = section(
    'who',
    whoTitle,
    note(
      'Say which tracks are one player. Your decisions are kept in this browser; saved as review.json, they are applied to a run or an export (docs/review.md).',
    ),
  )
  bar.append(commands(node, [{ label: 'Undo', key: 'u', act: undo }]), fileButtons(progress, say, goToOpen))
  node.append(
    bar,
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
    pieces = piecesOf(tracks, progress, video.fps)
    all.show(pieces)
    asked?.update()
    crops.update()
    const people = new Set(pieces.map(piece => piece.number).filter(one => one !== undefined)).size
    all.node.dataset.people = String(people)
    say(
      blocked ||
        `${plural(progress.decisions, 'decision')}: ${plural(people, 'person', 'people')} in ${plural(tracks.length, 'track')}.`,
    )
  }
  progress.onChange(update)
  update()
  if (isServed) {
    // Not before the review beside the run is known: a decision would be lost, or replace it.
    allow(false)
    say('Loading review.json.')
    keepServed(progress, say, goToOpen).then(
      () => {
        allow(true)
        update()
      },
      error => {
        blocked = `Cannot load review.json: ${error.message}. Nothing can be decided, and nothing is saved: move the file away or mend it, and reload this page.`
        status.classList.add('blocked')
        say(blocked)
      },
    )
  }
  return node
}
