import {
  type Person,
  type PersonName,
  type Review,
  type ReviewAction,
  reviewFormat,
} from '../../../review/actions.js'
import { actionsIn } from '../../../review/actions-in.js'
import { type Decision, decisionOf, decisionsIn } from '../../../review/decisions.js'
import { People } from '../../../review/people.js'

/** What was decided so far, kept in the browser under the video and the dataset: all tabs of a report share it. */
export class Progress {
  #now: State
  readonly #listeners: ((isOwn: boolean) => void)[] = []
  readonly #key: string

  constructor(
    readonly videoGuid: string,
    readonly datasetSha256: string,
    /** Of the run. */
    readonly tracks: readonly number[],
    /** Whether `tracks` are all of the run. */
    readonly isComplete: boolean,
  ) {
    this.#key = `cropstream-review:${videoGuid}:${datasetSha256}`
    this.#now = this.#kept()
    window.addEventListener('storage', ({ key }) => {
      if (key !== this.#key && key !== null) return
      this.#now = this.#kept()
      this.#tell(false)
    })
  }

  get people(): People {
    return this.#now.people
  }

  get actions(): ReviewAction[] {
    return this.#now.decisions.flat()
  }

  get decisions(): number {
    return this.#now.decisions.length
  }

  get review(): Review {
    const { videoGuid: video_guid, datasetSha256: dataset_sha256, actions } = this
    return { format: reviewFormat, video_guid, dataset_sha256, actions }
  }

  /** Whether two tracks were said not to be one person, and not merged with each other since. */
  areDifferent(a: number, b: number): boolean {
    return this.#now.different.has(pairOf([a, b]))
  }

  nameOf(number: number): PersonName | undefined {
    return this.people.nameOf(number)
  }

  /** Adds one decision. */
  add(...actions: readonly ReviewAction[]): void {
    this.#change([...this.#now.decisions, decisionOf(actions)])
  }

  /** Takes the last decision back. */
  undo(): Decision | undefined {
    const last = this.#now.decisions.at(-1)
    if (last !== undefined) this.#change(this.#now.decisions.slice(0, -1))
    return last
  }

  /** Replaces the decisions by a saved review. @throws Error with the reason when it cannot be taken. */
  load(text: string): void {
    this.#change(decisionsIn(this.actionsIn(text)))
  }

  /** The actions of a saved review. @throws Error with the reason when it cannot be taken. */
  actionsIn(text: string): readonly ReviewAction[] {
    return actionsIn(text, this)
  }

  /** @param listener is told whether this page made the change, or another tab. */
  onChange(listener: (isOwn: boolean) => void): void {
    this.#listeners.push(listener)
  }

  #change(decisions: readonly Decision[]): void {
    this.#now = stateOf(decisions, this.tracks)
    try {
      localStorage.setItem(this.#key, JSON.stringify(decisions))
    } catch {
      // Forbidden or full: the review can still be saved as a file.
    }
    this.#tell(true)
  }

  #tell(isOwn: boolean): void {
    for (const listener of this.#listeners) listener(isOwn)
  }

  #kept(): State {
    try {
      return stateOf(JSON.parse(localStorage.getItem(this.#key) ?? '[]'), this.tracks)
    } catch {
      return stateOf([], this.tracks)
    }
  }
}

/** What follows from the decisions. */
interface State {
  readonly decisions: readonly Decision[]
  readonly people: People
  /** Pairs of tracks. */
  readonly different: ReadonlySet<string>
}

/** @throws Error when they cannot be. */
function stateOf(decisions: readonly Decision[], tracks: readonly number[]): State {
  const actions = decisions.flat()
  const different = new Set<string>()
  for (const action of actions) {
    if ('different' in action) different.add(pairOf(action.different))
    else if ('merge' in action) different.delete(pairOf(action.merge))
  }
  return { decisions, people: new People({ actions }, tracks), different }
}

const pairOf = (pair: readonly [number, number] | readonly [Person, Person]): string =>
  pair
    .map(one => Number.parseInt(String(one), 10))
    .sort((a, b) => a - b)
    .join(' ')
