import { conflictOf } from '../../../review/conflict.js'
import type { Decision } from '../../../review/decisions.js'
import type { PairReport, TrackReport } from '../../data.js'
import { element, note } from '../dom.js'
import { percent, time } from '../format.js'
import { commands } from './controls.js'
import { goWith, listed, type StartOf } from './cut.js'
import { type Piece, partName, piecesWith } from './pieces.js'
import type { Progress } from './progress.js'

/** Pictures of each track. */
const shown = 3

type State = 'open' | 'same' | 'not the same' | 'dropped'

/** Where a person answers for each suggested pair whether it is one person. */
export interface Pairing {
  readonly node: HTMLElement
  update(): void
  /** Shows the pair of a decision that was taken back. */
  goBack(undone: Decision): void
  /** Shows the first pair without an answer. */
  goToOpen(): void
}

export function pairing(
  pairs: readonly PairReport[],
  tracks: readonly TrackReport[],
  progress: Progress,
  startOf: StartOf,
  pieces: () => readonly Piece[],
  say: (text: string) => void,
): Pairing {
  const byId = new Map(tracks.map(track => [track.id, track]))
  const title = element('h4', { id: 'pairing-title', 'aria-live': 'polite' })
  const faces = element('div', { class: 'faces' })
  const words = note()
  const caution = element('p', { class: 'caution', role: 'status' })
  const options = pairs.map((_, index) => element('option', { value: index }))
  const list = element('select', { id: 'pairing-list', 'aria-label': 'Pair' }, ...options)
  const node = element('div', {
    ...{ class: 'pairing', role: 'group', tabindex: 0 },
    'aria-labelledby': title.id,
  })
  /** The end of the earlier track, and the start of the later one. */
  const peopleOf = ({ tracks: [earlier, later] }: PairReport) =>
    [partName(earlier, progress.people.splitsOf(earlier).at(-1)), partName(later, undefined)] as const
  const stateOf = (pair: PairReport): State => {
    const [a, b] = peopleOf(pair).map(person => progress.people.numberOf(person))
    if (a === undefined || b === undefined) return 'dropped'
    if (a === b) return 'same'
    return progress.areDifferent(...pair.tracks) ? 'not the same' : 'open'
  }
  const nextOpen = (from: number): number => {
    const order = [...pairs.keys()].map(i => (from + i) % pairs.length)
    return order.find(i => stateOf(pairs[i] as PairReport) === 'open') ?? -1
  }
  let at = Math.max(0, nextOpen(0))
  let drawn: PairReport | undefined

  /** Of a pair that may be made one person; what was said of the pair itself is in its title. */
  const conflictIn = (pair: PairReport, state: State) => {
    if (state === 'same' || state === 'dropped') return undefined
    const [one, other] = peopleOf(pair).map(person => piecesWith(person, pieces(), progress))
    const areDifferent = (a: number, b: number) => state === 'open' && progress.areDifferent(a, b)
    return conflictOf(one ?? [], other ?? [], areDifferent)
  }

  const draw = () => {
    const pair = pairs[at]
    if (pair === undefined) return
    const [earlier, later] = pair.tracks
    const states = pairs.map(stateOf)
    const state = states[at] ?? 'open'
    const open = states.filter(one => one === 'open').length
    title.textContent = `Tracks ${earlier} and ${later}, ${percent(pair.similarity)}${state === 'open' ? '' : `: ${state}`}`
    words.textContent = `Pair ${at + 1} of ${pairs.length}, ${open} open: ${pair.words}.`
    for (const [i, { tracks, similarity }] of pairs.entries()) {
      const text = `${i + 1}: ${tracks.join(' and ')}, ${percent(similarity)}, ${states[i]}`
      const option = options[i]
      if (option !== undefined && option.textContent !== text) option.textContent = text
    }
    list.value = String(at)
    const conflict = conflictIn(pair, state)
    caution.textContent = conflict === undefined ? '' : `Careful: ${conflict}.`
    node.dataset.state = state
    if (drawn === pair) return
    drawn = pair
    faces.replaceChildren(
      side(earlier, byId.get(earlier)?.pictures.slice(-shown)),
      side(later, byId.get(later)?.pictures.slice(0, shown)),
    )
  }
  const go = (index: number) => {
    at = Math.min(pairs.length - 1, Math.max(0, index))
    draw()
  }
  list.addEventListener('change', () => go(Number(list.value)))
  const goOn = () => {
    const next = nextOpen(at + 1)
    if (next < 0) say('All suggested pairs are decided.')
    else go(next)
  }
  /** An answer that was given before is changed, and stays in view. */
  const decide = (isSame: boolean) => {
    const pair = pairs[at]
    if (pair === undefined) return
    const state = stateOf(pair)
    const [earlier, later] = peopleOf(pair)
    if (state === 'dropped') {
      say('One of the two is dropped: restore it first, with x in All tracks.')
    } else if (state === (isSame ? 'same' : 'not the same')) {
      goOn()
    } else {
      const [a, b] = pair.tracks
      const others = state === 'same' ? goWith(later, earlier, progress, startOf) : []
      const different = { different: [String(a), String(b)] as const }
      if (isSame) progress.add({ merge: [earlier, later] })
      else if (state === 'open') progress.add(different)
      else progress.add({ separate: [later, ...others] }, different)
      if (state === 'open') goOn()
      else
        say(
          `Changed the answer.${others.length > 0 ? ` With track ${b} went what begins later: ${listed(others)}.` : ''}`,
        )
    }
  }
  const buttons = commands(node, [
    { label: 'Same', key: 'y', act: () => decide(true) },
    { label: 'Not the same', key: 'n', act: () => decide(false) },
    { label: 'Skip', key: 's', act: goOn },
    { label: 'Previous', key: 'ArrowLeft', act: () => go(at - 1) },
    { label: 'Next', key: 'ArrowRight', act: () => go(at + 1) },
  ])
  buttons.append(list)
  node.append(title, words, faces, caution, buttons)
  draw()
  return {
    node,
    update: draw,
    goBack(undone) {
      const isOf = (pair: PairReport) =>
        undone.some(
          action =>
            ('different' in action && action.different.join() === pair.tracks.join()) ||
            ('merge' in action && action.merge.join() === peopleOf(pair).join()),
        )
      const index = pairs.findIndex(isOf)
      if (index >= 0) go(index)
    },
    goToOpen() {
      go(Math.max(0, nextOpen(0)))
    },
  }
}

function side(id: number, pictures: TrackReport['pictures'] = []): HTMLElement {
  return element(
    'figure',
    {},
    element(
      'div',
      { class: 'row' },
      ...pictures.map(({ before, seconds }) =>
        element('img', { src: before, alt: `track ${id}, ${time(seconds)}` }),
      ),
      pictures.length === 0 && element('span', { class: 'none' }, 'no picture was kept'),
    ),
    element('figcaption', {}, `Track ${id}`),
  )
}
