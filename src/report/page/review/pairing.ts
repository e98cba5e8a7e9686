import type { PairReport, TrackReport } from '../../data.js'
import { element, note } from '../dom.js'
import { percent, time } from '../format.js'
import { commands } from './controls.js'
import { type Piece, partName, seenTogether } from './pieces.js'
import type { Progress, Step } from './progress.js'

/** Pictures of each track. */
const shown = 3

type State = 'open' | 'same' | 'not the same' | 'dropped'

/** Asks for each suggested pair whether it is one person. `goBack` shows the pair of a decision that was taken back. */
export function pairing(
  pairs: readonly PairReport[],
  tracks: readonly TrackReport[],
  progress: Progress,
  pieces: () => readonly Piece[],
  say: (text: string) => void,
): { readonly node: HTMLElement; update(): void; goBack(undone: Step): void } {
  const byId = new Map(tracks.map(track => [track.id, track]))
  const title = element('h4', { id: 'pairing-title', 'aria-live': 'polite' })
  const faces = element('div', { class: 'faces' })
  const words = note()
  const caution = element('p', { class: 'caution', role: 'status' })
  const node = element('div', {
    ...{ class: 'pairing', role: 'group', tabindex: 0 },
    'aria-labelledby': title.id,
  })
  /** The end of the earlier track, and the start of the later one. */
  const peopleOf = ({ tracks: [earlier, later] }: PairReport) =>
    [partName(earlier, progress.splitsOf(earlier).at(-1)), partName(later, undefined)] as const
  const stateOf = (pair: PairReport): State => {
    const [a, b] = peopleOf(pair).map(person => progress.people.numberOf(person))
    if (a === undefined || b === undefined) return 'dropped'
    if (a === b) return 'same'
    return progress.isNo(...pair.tracks) ? 'not the same' : 'open'
  }
  const nextOpen = (from: number): number => {
    const order = [...pairs.keys()].map(i => (from + i) % pairs.length)
    return order.find(i => stateOf(pairs[i] as PairReport) === 'open') ?? -1
  }
  let at = Math.max(0, nextOpen(0))
  let drawn: PairReport | undefined

  const draw = () => {
    const pair = pairs[at]
    if (pair === undefined) return
    const [earlier, later] = pair.tracks
    const state = stateOf(pair)
    const open = pairs.filter(one => stateOf(one) === 'open').length
    title.textContent = `Tracks ${earlier} and ${later}, ${percent(pair.similarity)}${state === 'open' ? '' : `: ${state}`}`
    words.textContent = `Pair ${at + 1} of ${pairs.length}, ${open} open: ${pair.words}.`
    const [a = 0, b = 0] = peopleOf(pair).map(person => progress.people.numberOf(person))
    const together = state === 'open' ? seenTogether(pieces(), a, b) : undefined
    caution.textContent =
      together === undefined
        ? ''
        : `Careful: tracks ${together.join(' and ')} of these two are seen at the same time.`
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
  const goOn = () => {
    const next = nextOpen(at + 1)
    if (next < 0) say('All suggested pairs are decided.')
    else go(next)
  }
  const decide = (isSame: boolean) => {
    const pair = pairs[at]
    if (pair === undefined || stateOf(pair) !== 'open') return goOn()
    if (isSame) progress.add({ merge: peopleOf(pair) })
    else progress.addNo(...pair.tracks)
    goOn()
  }
  const buttons = commands(node, [
    { label: 'Same', key: 'y', act: () => decide(true) },
    { label: 'Not the same', key: 'n', act: () => decide(false) },
    { label: 'Skip', key: 's', act: goOn },
    { label: 'Previous', key: 'ArrowLeft', act: () => go(at - 1) },
    { label: 'Next', key: 'ArrowRight', act: () => go(at + 1) },
  ])
  node.append(title, words, faces, caution, buttons)
  draw()
  return {
    node,
    update: draw,
    goBack(undone) {
      const of = (pair: PairReport) =>
        'no' in undone
          ? undone.no.join() === pair.tracks.join()
          : 'merge' in undone.action && undone.action.merge.join() === peopleOf(pair).join()
      const index = pairs.findIndex(of)
      if (index >= 0) go(index)
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
