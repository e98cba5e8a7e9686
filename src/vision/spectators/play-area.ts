/** Someone who walked or ran: the row of the feet and the height, in pixels of the first frame of the shot. */
export interface Step {
  readonly track: number
  readonly ms: number
  readonly y: number
  readonly height: number
}

/** Steps are forgotten after this time, and when there are more. */
const [memoryMs, most] = [30_000, 600]
/** Fewest steps, and fewest people who took them, that show where the play is. */
const [fewest, fewestPeople] = [12, 4]
/** Share of the steps beyond the rows of the play on each side: some who walk are spectators. */
const beyond = 0.02
/** Steps that are as good as one: a person's are alike. */
const alike = 4

/** The rows in which people move, as seen in the last seconds, and how tall those who move are there. */
export class PlayArea {
  readonly #top: number
  readonly #bottom: number
  readonly #middle: { readonly y: number; readonly height: number }
  /** Growth of the height from row to row, and its variances: of the middle, and with the square of the distance to it. */
  readonly #slope: number
  readonly #variances: readonly [middle: number, slope: number]

  /** Undefined if too few have moved. */
  static from(steps: readonly Step[]): PlayArea | undefined {
    const isKnown = steps.length >= fewest && new Set(steps.map(({ track }) => track)).size >= fewestPeople
    return isKnown ? new PlayArea(steps) : undefined
  }

  private constructor(steps: readonly Step[]) {
    const rows = Float64Array.from(steps, ({ y }) => y).sort()
    const left = Math.floor(beyond * rows.length)
    this.#top = rows[left]!
    this.#bottom = rows[rows.length - 1 - left]!
    const mean = (of: (step: Step) => number) => steps.reduce((sum, step) => sum + of(step), 0) / steps.length
    const middle = { y: mean(({ y }) => y), height: mean(({ height }) => height) }
    const spread = mean(({ y }) => (y - middle.y) ** 2)
    const slope = spread > 0 ? mean(({ y, height }) => (y - middle.y) * (height - middle.height)) / spread : 0
    const error = mean(({ y, height }) => (height - middle.height - slope * (y - middle.y)) ** 2)
    const variance = (alike * error) / steps.length
    this.#middle = middle
    this.#slope = slope
    this.#variances = [variance, spread > 0 ? variance / spread : 0]
  }

  /** How far a row is above or below all those of the play, in pixels; 0 among them. */
  distance(y: number): number {
    return Math.max(0, this.#top - y, y - this.#bottom)
  }

  /** Least and greatest height that a person may have whose feet are in a row: on one plane it grows evenly. */
  heights(y: number): readonly [least: number, greatest: number] {
    const distance = y - this.#middle.y
    const height = Math.max(0, this.#middle.height + this.#slope * distance)
    const doubt = 2 * Math.sqrt(this.#variances[0] + this.#variances[1] * distance ** 2)
    return [Math.max(0, height - doubt), height + doubt]
  }
}

/** The steps that are not forgotten. */
export const latest = (steps: readonly Step[], ms: number): Step[] =>
  steps.filter(step => ms - step.ms <= memoryMs).slice(-most)
