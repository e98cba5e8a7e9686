import type { Person } from '../../../review/actions.js'
import { lanesWithin } from '../../../review/conflict.js'
import { partNumbers } from '../../../review/people.js'
import type { TrackPicture, TrackReport } from '../../data.js'
import type { Progress } from './progress.js'

/** A track, or a part of one that was split. */
export interface Piece {
  readonly person: Person
  readonly track: TrackReport
  /** Number of the person; undefined if dropped. */
  readonly number: number | undefined
  /** First frame of a part. */
  readonly from: number | undefined
  /** When it is seen, in seconds. */
  readonly lanes: ReturnType<typeof lanesWithin>
  readonly pictures: readonly TrackPicture[]
  /** Its place among those of one person, from 1. */
  readonly place: number
  /** How many are that person. */
  readonly of: number
}

/** All tracks, in their parts; those of one person side by side, dropped ones last. */
export function piecesOf(tracks: readonly TrackReport[], progress: Progress, fps: number): Piece[] {
  const inOrder = tracks
    .flatMap(track => {
      const starts = [undefined, ...progress.people.splitsOf(track.id)]
      return starts.map((from, i) => {
        const person = partName(track.id, from)
        const to = starts[i + 1] ?? Number.POSITIVE_INFINITY
        const pictures = track.pictures.filter(({ frame }) => frame >= (from ?? 0) && frame < to)
        const lanes = lanesWithin(track.lanes, (from ?? 0) / fps, to / fps)
        return { person, track, number: progress.people.numberOf(person), from, lanes, pictures }
      })
    })
    .sort(
      (a, b) =>
        (a.number ?? Number.POSITIVE_INFINITY) - (b.number ?? Number.POSITIVE_INFINITY) ||
        a.track.id - b.track.id ||
        (a.from ?? 0) - (b.from ?? 0),
    )
  const counts = new Map<number, number>()
  const count = (number: number | undefined): number => {
    if (number === undefined) return 1
    counts.set(number, (counts.get(number) ?? 0) + 1)
    return counts.get(number) ?? 1
  }
  return inOrder
    .map(piece => ({ ...piece, place: count(piece.number) }))
    .map(piece => ({ ...piece, of: counts.get(piece.number ?? 0) ?? 1 }))
}

/** How actions refer to a track, or to its part from a frame on. */
export const partName = (track: number, from: number | undefined): Person =>
  from === undefined ? String(track) : `${track}@${from}`

/** All that is one person with this one. */
export function piecesWith(person: Person, pieces: readonly Piece[], progress: Progress): Piece[] {
  const members = new Set(progress.people.membersOf(person))
  return pieces.filter(piece => members.has(piece.person))
}

/** `Track 5, person 2, 1 of 3, blue 10`. */
export function describePiece({ track, from, number, place, of }: Piece, progress: Progress): string {
  const name = number === undefined ? undefined : progress.nameOf(number)
  return [
    from === undefined ? `Track ${track.id}` : `Track ${track.id} from frame ${from}`,
    number === undefined ? 'dropped' : (number !== track.id || of > 1) && `person ${personLabel(number)}`,
    of > 1 && `${place} of ${of}`,
    [name?.team, name?.number, name?.role].filter(Boolean).join(' '),
  ]
    .filter(Boolean)
    .join(', ')
}

/** Parts have numbers of their own, far above those of tracks. */
const personLabel = (number: number): string =>
  number < partNumbers ? String(number) : `P${number - partNumbers + 1}`
