import type { Person, PersonName, Review, ReviewAction } from './actions.js'

/** Numbers of parts of tracks begin here, or above the tracks of a run that was made with a review before. */
export const partNumbers = 1_000_000

/**
 * The people in the tracks of a run, as a review has corrected them. Who was not corrected has the number of the track.
 * The page of the report uses it too: nothing here, or imported here, needs Node.
 */
export class People {
  /** For each track, the frames from which it shows someone else, ascending. */
  readonly #parts = new Map<number, readonly number[]>()
  /** The person that another one is, by reference. */
  readonly #same = new Map<string, string>()
  readonly #dropped = new Set<string>()
  /** Track and frame. */
  readonly #droppedCrops = new Set<string>()
  readonly #names = new Map<string, PersonName>()
  readonly #numbers = new Map<string, number>()
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
    if (this.#droppedCrops.has(`${track} ${frame}`)) return undefined
    const from = this.#parts.get(track)?.findLast(from => from <= frame)
    return this.numberOf(from === undefined ? String(track) : `${track}@${from}`)
  }

  /** The number of a person; undefined if it was dropped. */
  numberOf(person: Person): number | undefined {
    const root = this.#rootOf(person)
    return this.#dropped.has(root) ? undefined : this.#numberOf(root)
  }

  /** What the review speaks of and the run does not have. @param framesOf the frames of each track of the run. */
  strangers(framesOf: ReadonlyMap<number, ReadonlySet<number>>): string[] {
    const tracks = [...this.#tracks].filter(track => !framesOf.has(track)).map(track => `track ${track}`)
    const crops = [...this.#crops].flatMap(crop => {
      const [track = 0, frame = 0] = crop.split(' ').map(Number)
      return framesOf.get(track)?.has(frame) ? [] : [`track ${track} in frame ${frame}`]
    })
    return [...tracks, ...crops]
  }

  /** What the person with a number was named. */
  nameOf(number: number): PersonName | undefined {
    return [...this.#names].find(([person]) => this.#numberOf(this.#rootOf(person)) === number)?.[1]
  }

  #apply(action: ReviewAction, i: number): void {
    if ('merge' in action) this.#merge(this.#known(action.merge[0], i), this.#known(action.merge[1], i))
    else if ('split' in action) this.#split(action.split, action.frame)
    else if ('dropCrop' in action) this.#dropCrop(`${action.dropCrop} ${action.frame}`)
    else if ('drop' in action) this.#dropped.add(this.#known(action.drop, i))
    else {
      const { name, ...given } = action
      this.#names.set(this.#known(name, i), given)
    }
  }

  /** The lower number stays, whichever was given first. What was said of one holds for both. */
  #merge(a: string, b: string): void {
    if (a === b) return
    const [kept, gone] = this.#numberOf(a) < this.#numberOf(b) ? [a, b] : [b, a]
    this.#same.set(gone, kept)
    if (this.#dropped.delete(gone)) this.#dropped.add(kept)
    const name = this.#names.get(kept) ?? this.#names.get(gone)
    this.#names.delete(gone)
    if (name !== undefined) this.#names.set(kept, name)
  }

  #dropCrop(crop: string): void {
    this.#crops.add(crop)
    this.#droppedCrops.add(crop)
  }

  #split(track: number, frame: number): void {
    this.#crops.add(`${track} ${frame}`)
    const part = `${track}@${frame}`
    if (this.#numbers.has(part)) return
    this.#numbers.set(part, this.#firstPart + this.#numbers.size)
    this.#parts.set(
      track,
      [...(this.#parts.get(track) ?? []), frame].sort((a, b) => a - b),
    )
  }

  /** The person that a reference means by now. */
  #known(person: string, i: number): string {
    this.#tracks.add(Number.parseInt(person, 10))
    if (!person.includes('@') || this.#numbers.has(person)) return this.#rootOf(person)
    throw new Error(`action ${i + 1} of the review: there is no ${person} before it`)
  }

  #rootOf(person: string): string {
    const same = this.#same.get(person)
    return same === undefined ? person : this.#rootOf(same)
  }

  #numberOf(person: string): number {
    return this.#numbers.get(person) ?? Number(person)
  }
}
