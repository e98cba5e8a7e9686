import type { ReportData } from '../../data.js'
import { element, note, section } from '../dom.js'
import { number, plural } from '../format.js'
import { commands } from './controls.js'
import { cropsDialog } from './crops.js'
import { isServed, save, servedReview } from './files.js'
import { PieceGrid } from './grid.js'
import { namingDialog } from './naming.js'
import { pairing } from './pairing.js'
import { areTogether, type Piece, piecesOf } from './pieces.js'
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
    const together = togetherIn([first, ...others])
    grid.clearSelection()
    if (progress.decisions === before) say('They are one person already.')
    else say(`Merged ${others.length + 1} tracks.${together}`)
  }
  /** What to say of tracks that are merged although they are seen at the same time. */
  const togetherIn = (chosen: readonly Piece[]): string => {
    for (const [i, { track }] of chosen.entries()) {
      for (const other of chosen.slice(i + 1)) {
        if (track.id === other.track.id || !areTogether(track, other.track)) continue
        return ` Careful: tracks ${track.id} and ${other.track.id} are seen at the same time. u takes it back.`
      }
    }
    return ''
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
    element('h3', {}, 'Suggested pairs'),
    asked?.node ?? note('There are no suggested pairs.'),
    element('h3', {}, 'All tracks'),
    note('Arrow keys move, Space selects, Enter shows the crops of a track.'),
    everyone,
    crops.node,
    naming.node,
    // Last, and kept in sight at the bottom, wherever one works.
    status,
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
  if (isServed) void keepServed(progress, say)
  return node
}

/** Begins with the review beside the run, and saves each decision there. */
async function keepServed(progress: Progress, say: (text: string) => void): Promise<void> {
  try {
    const text = await servedReview()
    if (text !== undefined && progress.decisions === 0) progress.load(text)
    else if (text !== undefined && text !== textOf(progress))
      say('review.json beside the run has other decisions than this page: the next one here replaces them.')
  } catch (error) {
    say(`Cannot load review.json: ${(error as Error).message}.`)
  }
  let saving = Promise.resolve()
  progress.onChange(() => {
    const text = textOf(progress)
    saving = saving.then(async () => {
      await save(text).catch(error => say(`Not saved: ${error.message}.`))
    })
  })
}

const textOf = ({ review }: Progress): string => `${JSON.stringify(review, null, 1)}\n`

function fileButtons(progress: Progress, say: (text: string) => void): HTMLElement {
  const input = element('input', { type: 'file', accept: '.json', id: 'load-review', class: 'unseen' })
  const saving = element('button', { type: 'button' }, 'Save review.json')
  const loading = element('button', { type: 'button' }, 'Load review.json')
  saving.addEventListener('click', () => {
    save(textOf(progress)).then(
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
