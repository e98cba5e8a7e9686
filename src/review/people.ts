import type { Person, PersonName, Review, ReviewAction } from './actions.js'
import { Group } from './group.js'

/** Numbers of parts of tracks begin here, or above the tracks of a run that was made with a review before. */
export const partNumbers = 1_000_000

/**
 * The people in the tracks of a run, as a review has corrected them. Who was not corrected has the number of the track.
 * The page of the report uses it too: nothing here, or imported here, needs Node.
 */
export class People {
  /** For each track, the frames from which it shows someone else, ascending. */
  readonly #parts = new Map<number, readonly number[]>()
  /** The person that a track or a part is; a track that the review does not speak of is a person of its own. */
  readonly #groups = new Map<Person, Group>()
  /** Track and frame. */
  readonly #droppedCrops = new Set<string>()
  /** Of parts. */
  readonly #numbers = new Map<Person, number>()
  /** Tracks, and crops by track and frame, that the actions speak of. */
  readonly #tracks = new Set<number>()
  readonly #crops = new Set<string>()

  readonly #firstPart: number

  /**
   * @param tracks of the run.
   * @throws Error for an action on a part of a track that was not split before.
   */
  constructor({ actions }: Pick<Review, 'actions'>, tracks: Iterable<number> = []) {
    let highest = partNumbers - 1
    for (const track of tracks) highest = Math.max(highest, track)
    this.#firstPart = highest + 1
    for (const [i, action] of actions.entries()) this.#apply(action, i)
  }

  /** The number of the person in a track at a frame; undefined if the person or the crop was dropped. */
  at(track: number, frame: number): number | undefined {
    if (this.isDroppedCrop(track, frame)) return undefined
    return this.numberOf(this.partAt(track, frame))
  }

  isDroppedCrop(track: number, frame: number): boolean {
    return this.#droppedCrops.has(`${track} ${frame}`)
  }

  /** The track, or its part, that a frame belongs to. */
  partAt(track: number, frame: number): Person {
    const from = this.splitsOf(track).findLast(from => from <= frame)
    return from === undefined ? String(track) : `${track}@${from}`
  }

  /** The frames at which a track was split, ascending. */
  splitsOf(track: number): readonly number[] {
    return this.#parts.get(track) ?? []
  }

  /** The number of a person; undefined if it was dropped. */
  numberOf(person: Person): number | undefined {
    const group = this.#groups.get(person)
    if (group === undefined) return this.#ownNumberOf(person)
    return group.isDropped ? undefined : group.number
  }

  /** All tracks and parts that are one person with this one. */
  membersOf(person: Person): readonly Person[] {
    return this.#groups.get(person)?.members ?? [person]
  }

  /**
   * What the review speaks of and the run does not have.
   * @param framesOf the frames of each track of the run; undefined where they are not known.
   */
  strangers(framesOf: ReadonlyMap<number, ReadonlySet<number> | undefined>): string[] {
    const tracks = [...this.#tracks].filter(track => !framesOf.has(track)).map(track => `track ${track}`)
    const crops = [...this.#crops].flatMap(crop => {
      const [track = 0, frame = 0] = crop.split(' ').map(Number)
      const isThere = framesOf.get(track)?.has(frame) ?? framesOf.has(track)
      return isThere ? [] : [`track ${track} in frame ${frame}`]
    })
    return [...tracks, ...crops]
  }

  /** What the person with a number was named. */
  nameOf(number: number): PersonName | undefined {
    for (const group of this.#groups.values()) {
      if (group.number === number && group.name !== undefined) return group.name
    }
    return undefined
  }

  #apply(action: ReviewAction, i: number): void {
    const known = (person: Person) => this.#known(person, i)
    if ('merge' in action) this.#merge(known(action.merge[0]), known(action.merge[1]))
    else if ('split' in action) this.#split(action.split, action.frame)
    else if ('separate' in action) this.#separate(action.separate.map(known))
    else if ('different' in action) action.different.forEach(known)
    else if ('dropCrop' in action) this.#droppedCrops.add(this.#crop(action.dropCrop, action.frame))
    else if ('keepCrop' in action) this.#droppedCrops.delete(this.#crop(action.keepCrop, action.frame))
    else if ('drop' in action) this.#groupOf(known(action.drop)).isDropped = true
    else if ('keep' in action) this.#groupOf(known(action.keep)).isDropped = false
    else {
      const { name, also: _, ...given } = action
      this.#groupOf(known(name)).name = given
    }
  }

  #merge(a: Person, b: Person): void {
    const [one, other] = [this.#groupOf(a), this.#groupOf(b)]
    if (one === other) return
    const [kept, gone] = one.number < other.number ? [one, other] : [other, one]
    for (const person of gone.members) this.#groups.set(person, kept)
    kept.take(gone)
  }

  /** They are not dropped and have no name: what was said before was of the others, too. */
  #separate(persons: readonly Person[]): void {
    const group = new Group()
    for (const person of persons) {
      this.#groups.get(person)?.remove(person)
      group.add(person, this.#ownNumberOf(person))
      this.#groups.set(person, group)
    }
  }

  #crop(track: number, frame: number): string {
    const crop = `${track} ${frame}`
    this.#crops.add(crop)
    return crop
  }

  #split(track: number, frame: number): void {
    this.#crop(track, frame)
    const part = `${track}@${frame}`
    if (this.#numbers.has(part)) return
    this.#numbers.set(part, this.#firstPart + this.#numbers.size)
    this.#parts.set(
      track,
      [...this.splitsOf(track), frame].sort((a, b) => a - b),
    )
  }

  /** @throws Error for a part of a track that was not split before. */
  #known(person: Person, i: number): Person {
    this.#tracks.add(Number.parseInt(person, 10))
    if (!person.includes('@') || this.#numbers.has(person)) return person
    throw new Error(`action ${i + 1} of the review: there is no ${person} before it`)
  }

  #groupOf(person: Person): Group {
    let group = this.#groups.get(person)
    if (group === undefined) {
      group = new Group()
      group.add(person, this.#ownNumberOf(person))
      this.#groups.set(person, group)
    }
    return group
  }

  #ownNumberOf(person: Person): number {
    return this.#numbers.get(person) ?? Number(person)
  }
}
