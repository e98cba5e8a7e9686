import type { People } from '../review/people.js'

/** Why a review leaves out what a track shows in a frame. `double`: another track of the same person came first. */
export type ReviewReason = 'dropped_in_review' | 'double'

/** Who is shown by the tracks of a run, asked frame by frame. Without a review each track is a person. */
export class ShownPeople {
  #frame = -1
  /** Of the frame: the track that shows a person. Two tracks of one person may overlap; only the first is taken. */
  readonly #first = new Map<number, number>()

  constructor(readonly people: People | undefined) {}

  /** The number of the person, or why it is left out. */
  at(track: number, frame: number): number | ReviewReason {
    if (this.people === undefined) return track
    if (frame !== this.#frame) this.#first.clear()
    this.#frame = frame
    const person = this.people.at(track, frame)
    if (person === undefined) return 'dropped_in_review'
    const first = this.#first.get(person) ?? track
    this.#first.set(person, first)
    return first === track ? person : 'double'
  }
}
