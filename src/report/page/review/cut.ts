import type { Person } from '../../../review/actions.js'
import type { TrackReport } from '../../data.js'
import type { Progress } from './progress.js'

/** When a track, or its part, begins, in seconds; undefined for a track that the report does not have. */
export type StartOf = (person: Person) => number | undefined

export function startsOf(tracks: readonly TrackReport[], fps: number): StartOf {
  const byId = new Map(tracks.map(track => [track.id, track]))
  return person => {
    const [track, frame] = person.split('@').map(Number)
    if (frame !== undefined) return frame / fps
    return byId.get(track ?? 0)?.lanes[0]?.from
  }
}

/**
 * Those who are one person with `earlier` and begin when `later` does, or after: where a person is cut in two at that
 * moment, they go with the later one.
 */
export function goWith(later: Person, earlier: Person, progress: Progress, startOf: StartOf): Person[] {
  const cut = startOf(later) ?? Number.POSITIVE_INFINITY
  return progress.people
    .membersOf(earlier)
    .filter(person => person !== earlier && person !== later && (startOf(person) ?? 0) >= cut)
}

/** `track 7 and track 5 from frame 100`. */
export const listed = (persons: readonly Person[]): string =>
  new Intl.ListFormat('en').format(persons.map(person => `track ${person.replace('@', ' from frame ')}`))
