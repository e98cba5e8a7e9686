import type { Person } from '../../../review/actions.js'
import { conflictOf } from '../../../review/conflict.js'
import type { TrackReport } from '../../data.js'
import { element } from '../dom.js'
import { plural } from '../format.js'
import { commands } from './controls.js'
import { PieceGrid } from './grid.js'
import { type Piece, piecesWith } from './pieces.js'
import type { Progress } from './progress.js'

/** What opens for one track or person. */
interface Openers {
  crops(track: TrackReport): void
  naming(piece: Piece): void
}

/** All tracks in a grid, with what can be done to those that are selected. */
export function everyone(
  progress: Progress,
  open: Openers,
  say: (text: string) => void,
): { readonly node: HTMLElement; show(pieces: readonly Piece[]): void } {
  const grid = new PieceGrid(progress, ({ track }) => open.crops(track))
  const node = element('div', { class: 'everyone' })
  let pieces: readonly Piece[] = []

  const merge = () => {
    const [first, ...others] = grid.chosen
    if (first === undefined || others.length === 0) return say('Select two tracks or more to merge.')
    const dropped = [first, ...others].filter(({ number }) => number === undefined)
    if (dropped.length > 0 && dropped.length <= others.length) {
      const tracks = dropped.map(({ track }) => track.id).join(', ')
      return say(`Not merged: dropped are ${tracks}. Restore them, or drop the others first, with x.`)
    }
    const merges = others
      .filter(({ person }) => !progress.people.membersOf(first.person).includes(person))
      .map(({ person }) => ({ merge: [first.person, person] as const }))
    const caution = cautionOf(grid.chosen)
    if (merges.length > 0) progress.add(...merges)
    grid.clearSelection()
    if (merges.length === 0) say('They are one person already.')
    else say(`Merged ${others.length + 1} tracks.${caution}`)
  }
  const separate = () => {
    const byPerson = new Map<string, Person[]>()
    for (const { person } of grid.chosen) {
      const [one = person] = progress.people.membersOf(person)
      byPerson.set(one, [...(byPerson.get(one) ?? []), person])
    }
    const apart = [...byPerson].flatMap(([one, persons]) =>
      persons.length < progress.people.membersOf(one).length ? [{ separate: persons }] : [],
    )
    if (apart.length === 0) return say('Select some, not all, of the tracks of a merged person.')
    progress.add(...apart)
    grid.clearSelection()
    say(`Separated ${plural(apart.flatMap(({ separate }) => separate).length, 'track')} from the others.`)
  }
  const drop = () => {
    const { chosen } = grid
    const kept = chosen.filter(({ number }) => number !== undefined)
    if (kept.length > 0) progress.add(...kept.map(({ person }) => ({ drop: person })))
    else if (chosen.length > 0) progress.add(...chosen.map(({ person }) => ({ keep: person })))
    grid.clearSelection()
    const done = kept.length > 0 ? kept : chosen
    const all = new Set(done.flatMap(({ person }) => progress.people.membersOf(person)))
    const merged = all.size > done.length ? ', with all that is merged with them' : ''
    say(`${kept.length > 0 ? 'Dropped' : 'Restored'} ${plural(all.size, 'track')}${merged}.`)
  }
  /** What to say of people that are merged although something speaks against it. */
  const cautionOf = (chosen: readonly Piece[]): string => {
    const people = new Map(
      chosen.map(({ person }) => {
        const all = piecesWith(person, pieces, progress)
        return [all[0]?.person, all]
      }),
    )
    const all = [...people.values()]
    const conflicts = all.flatMap((one, i) =>
      all.slice(i + 1).flatMap(other => conflictOf(one, other, (a, b) => progress.areDifferent(a, b)) ?? []),
    )
    return conflicts.length === 0 ? '' : ` Careful: ${conflicts[0]}. u takes it back.`
  }
  const onActive = (act: (piece: Piece) => void) => () => {
    if (grid.active !== undefined) act(grid.active)
  }
  const actions = commands(node, [
    { label: 'Merge', key: 'm', act: merge },
    { label: 'Separate', key: 't', act: separate },
    { label: 'Split or drop crops', key: 'Enter', act: onActive(({ track }) => open.crops(track)) },
    { label: 'Drop or restore', key: 'x', act: drop },
    { label: 'Name', key: 'e', act: onActive(open.naming) },
    { label: 'Clear selection', key: 'Escape', act: () => grid.clearSelection() },
  ])
  node.append(actions, grid.node)
  return {
    node,
    show(shown) {
      pieces = shown
      grid.show(shown)
    },
  }
}
