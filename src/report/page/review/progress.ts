import { type PersonName, type Review, type ReviewAction, reviewFormat } from '../../../review/actions.js'
import { People } from '../../../review/people.js'

/** A decision: an action of the review, or that two tracks are not one person, which only the page remembers. */
export type Step = { readonly action: ReviewAction } | { readonly no: readonly [number, number] }

/** What was decided so far, kept in the browser under the video and the dataset. */
export class Progress {
  #now: State
  readonly #listeners: (() => void)[] = []
  readonly #key: string

  constructor(
    readonly videoGuid: string,
    readonly datasetSha256: string,
    /** Of the run. */
    readonly tracks: readonly number[] = [],
  ) {
    this.#key = `cropstream-review:${videoGuid}:${datasetSha256}`
    try {
      this.#now = stateOf(stored(this.#key), tracks)
    } catch {
      this.#now = stateOf([], tracks)
    }
  }

  get people(): People {
    return this.#now.people
  }

  get actions(): ReviewAction[] {
    return actionsOf(this.#now.steps)
  }

  get decisions(): number {
    return this.#now.steps.length
  }

  get review(): Review {
    const { videoGuid: video_guid, datasetSha256: dataset_sha256, actions } = this
    return { format: reviewFormat, video_guid, dataset_sha256, actions }
  }

  /** Whether two tracks were said not to be one person. */
  isNo(a: number, b: number): boolean {
    return this.#now.noes.has(`${a} ${b}`)
  }

  /** The frames at which a track was split, ascending. */
  splitsOf(track: number): readonly number[] {
    return this.#now.splits.get(track) ?? []
  }

  nameOf(number: number): PersonName | undefined {
    return this.people.nameOf(number)
  }

  add(...actions: readonly ReviewAction[]): void {
    this.#change([...this.#now.steps, ...actions.map(action => ({ action }))])
  }

  addNo(a: number, b: number): void {
    this.#change([...this.#now.steps, { no: [a, b] }])
  }

  /** Takes the last decision back. */
  undo(): Step | undefined {
    const last = this.#now.steps.at(-1)
    if (last !== undefined) this.#change(this.#now.steps.slice(0, -1))
    return last
  }

  /** Replaces the actions by those of a saved review. @throws Error with the reason when it cannot be taken. */
  load(text: string): void {
    const review = JSON.parse(text) as Partial<Review> | null
    if (review?.format !== reviewFormat || !Array.isArray(review.actions))
      throw new Error('not a review.json')
    if (review.video_guid !== this.videoGuid || review.dataset_sha256 !== this.datasetSha256) {
      throw new Error('it is of another run')
    }
    const actions = review.actions.map(step => ({ action: step }))
    this.#change([...this.#now.steps.filter(step => 'no' in step), ...actions])
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  #change(steps: readonly Step[]): void {
    this.#now = stateOf(steps, this.tracks)
    try {
      localStorage.setItem(this.#key, JSON.stringify(steps))
    } catch {
      // Forbidden or full: the review can still be saved as a file.
    }
    for (const listener of this.#listeners) listener()
  }
}

/** What follows from the decisions. */
interface State {
  readonly steps: readonly Step[]
  readonly people: People
  readonly noes: ReadonlySet<string>
  readonly splits: ReadonlyMap<number, readonly number[]>
}

const actionsOf = (steps: readonly Step[]): ReviewAction[] =>
  steps.flatMap(step => ('action' in step ? [step.action] : []))

/** @throws Error when they cannot be. */
function stateOf(steps: readonly Step[], tracks: readonly number[]): State {
  const actions = actionsOf(steps)
  const splits = new Map<number, readonly number[]>()
  for (const action of actions) {
    if (!('split' in action)) continue
    const frames = new Set([...(splits.get(action.split) ?? []), action.frame])
    splits.set(
      action.split,
      [...frames].sort((a, b) => a - b),
    )
  }
  const noes = new Set(steps.flatMap(step => ('no' in step ? [step.no.join(' ')] : [])))
  return { steps, people: new People({ actions }, tracks), noes, splits }
}

function stored(key: string): Step[] {
  try {
    const steps = JSON.parse(localStorage.getItem(key) ?? '[]')
    return Array.isArray(steps) ? steps : []
  } catch {
    return []
  }
}
