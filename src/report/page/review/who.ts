import type { ReportData } from '../../data.js'
import { element, note, section } from '../dom.js'
import { number, plural } from '../format.js'
import { commands } from './controls.js'
import { cropsDialog } from './crops.js'
import { isServed, save, servedReview } from './files.js'
import { PieceGrid } from './grid.js'
import { namingDialog } from './naming.js'
import { pairing } from './pairing.js'
import { type Piece, piecesOf } from './pieces.js'
import { Progress } from './progress.js'

export const whoTitle = 'Who is who'

/** Where a person says which tracks are one player: makes `review.json`. */
export function who({
  video,
  run,
  tracks,
  pairs = [],
}: Pick<ReportData, 'video' | 'run' | 'tracks' | 'pairs'>): HTMLElement {
  if (tracks.length === 0) return section('who', whoTitle, note('No track was found.'))
  const progress = new Progress(video.guid, run.datasetSha256)
  const status = element('output', { class: 'note', 'aria-live': 'polite' })
  const say = (text: string) => status.replaceChildren(text)
  const undo = () => {
    const undone = progress.undo()
    if (undone === undefined) return say('Nothing to undo.')
    asked?.goBack(undone)
    say('Took the last decision back.')
  }
  const crops = cropsDialog(progress, video.fps, undo)
  const naming = namingDialog(progress)
  const grid = new PieceGrid(progress, ({ track }) => crops.open(track))
  let pieces: readonly Piece[] = piecesOf(tracks, progress)
  const asked = pairs.length > 0 ? pairing(pairs, tracks, progress, () => pieces, say) : undefined
  const files = fileButtons(progress, say)

  const merge = () => {
    const [first, ...others] = grid.chosen
    if (first === undefined || others.length === 0) return say('Select two tracks or more to merge.')
    const before = progress.decisions
    for (const { person } of others) {
      const [a, b] = [first.person, person].map(one => progress.people.numberOf(one))
      if (a !== b || a === undefined) progress.add({ merge: [first.person, person] })
    }
    grid.clearSelection()
    say(
      progress.decisions === before ? 'They are one person already.' : `Merged ${others.length + 1} tracks.`,
    )
  }
  const drop = () => {
    const kept = grid.chosen.filter(({ number }) => number !== undefined)
    progress.add(...kept.map(({ person }) => ({ drop: person })))
    grid.clearSelection()
    say(`Dropped ${plural(kept.length, 'track')}, with all that is merged with them.`)
  }
  const onActive = (act: (piece: Piece) => void) => () => {
    if (grid.active !== undefined) act(grid.active)
  }
  const everyone = element('div', { class: 'everyone' })
  const actions = commands(everyone, [
    { label: 'Merge', key: 'm', act: merge },
    { label: 'Split or drop crops', key: 'Enter', act: onActive(({ track }) => crops.open(track)) },
    { label: 'Drop', key: 'x', act: drop },
    { label: 'Name', key: 'e', act: onActive(({ person }) => naming.open(person)) },
    { label: 'Clear selection', key: 'Escape', act: () => grid.clearSelection() },
  ])
  everyone.append(actions, grid.node)
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
      files,
    ),
    status,
    element('h3', {}, 'Suggested pairs'),
    asked?.node ?? note('There are no suggested pairs.'),
    element('h3', {}, 'All tracks'),
    note('Arrow keys move, Space selects, Enter shows the crops of a track.'),
    everyone,
    crops.node,
    naming.node,
  )
  const update = () => {
    pieces = piecesOf(tracks, progress)
    grid.show(pieces)
    asked?.update()
    crops.update()
    const people = new Set(pieces.map(piece => piece.number).filter(one => one !== undefined)).size
    everyone.dataset.people = String(people)
    say(
      `${plural(progress.decisions, 'decision')}: ${number(people)} people in ${plural(tracks.length, 'track')}.`,
    )
  }
  progress.onChange(update)
  update()
  if (isServed && progress.decisions === 0) {
    servedReview()
      .then(text => text !== undefined && progress.load(text))
      .catch(error => say(`Cannot load review.json: ${error.message}.`))
  }
  return node
}

function fileButtons(progress: Progress, say: (text: string) => void): HTMLElement {
  const input = element('input', { type: 'file', accept: '.json', id: 'load-review', class: 'unseen' })
  const saving = element('button', { type: 'button' }, 'Save review.json')
  const loading = element('button', { type: 'button' }, 'Load review.json')
  saving.addEventListener('click', () => {
    save(`${JSON.stringify(progress.review, null, 1)}\n`).then(
      where => say(`Saved ${where}.`),
      error => say(`Not saved: ${error.message}.`),
    )
  })
  loading.addEventListener('click', () => input.click())
  input.setAttribute('aria-label', 'review.json')
  input.tabIndex = -1
  input.addEventListener('change', () => {
    input.files?.[0]
      ?.text()
      .then(text => progress.load(text))
      .catch(error => say(`Cannot load it: ${error.message}.`))
    input.value = ''
  })
  return element('div', { class: 'commands' }, saving, loading, input)
}
