import type { Person, PersonName } from './actions.js'

/** Tracks, and parts of tracks, that are one person. */
export class Group {
  isDropped = false
  name: PersonName | undefined
  /** With the number of each. */
  readonly #members = new Map<Person, number>()
  #number = Number.POSITIVE_INFINITY

  /** The lowest of its members, whichever was given first. */
  get number(): number {
    return this.#number
  }

  get members(): readonly Person[] {
    return [...this.#members.keys()]
  }

  add(person: Person, number: number): void {
    this.#members.set(person, number)
    this.#number = Math.min(this.#number, number)
  }

  remove(person: Person): void {
    this.#members.delete(person)
    this.#number = Math.min(...this.#members.values())
  }

  /** What was said of one holds for both. */
  take(other: Group): void {
    for (const [person, number] of other.#members) this.add(person, number)
    this.isDropped ||= other.isDropped
    this.name ??= other.name
  }
}
