import type { Xyxy } from '../../types.js'

/**
 * Lengths are in heights of the figure, so that near and far players are treated alike; a standing adult is about
 * 1.8 m. `rate` is the usual speed per second: 1.6 heights are 2.9 m/s, and a raised camera sees running into the
 * depth foreshortened. `error` is the deviation of a detector's box times the confidence that it lacks, measured
 * with the default detector: an unsure box is mostly half a figure, right across and wrong in height.
 */
const axes = [
  { name: 'centre x', rate: 1.6, error: 0.08 },
  { name: 'centre y', rate: 0.6, error: 0.15 },
  { name: 'height', rate: 0.15, error: 0.3 },
] as const
const height = 2

/** No box is taken for better than one of a confidence of 0.9. */
const leastDoubt = 0.1

/** Seconds for which a player keeps a speed: afterwards their past says little about it. */
const persistence = 2.5

/** Numbers per axis: value, rate, variance of the value, covariance of the two, variance of the rate. */
const stride = 5

/**
 * Where a figure is and where it goes: a Kalman filter in pixels and seconds over the centre and the height of its
 * box and their rates, after SORT (Bewley et al. 2016). The width is left out: strides change it and say nothing.
 *
 * Transition and noise never mix two axes, so that the 6×6 filter is exactly three 2×2 ones and nothing has to be
 * inverted. Rates are not constant but follow an Ornstein–Uhlenbeck process: a new track begins with its stationary
 * distribution, an unseen one falls back to it. So the area searched grows with time, not with the number of frames.
 */
export class BoxFilter {
  readonly #state: Float64Array

  private constructor(state: Float64Array) {
    this.#state = state
  }

  /** From what `state` said. */
  static from(state: readonly number[]): BoxFilter {
    return new BoxFilter(Float64Array.from(state))
  }

  static at(box: Xyxy, confidence: number): BoxFilter {
    const s = new Float64Array(axes.length * stride)
    const seen = measure(box)
    for (let axis = 0; axis < axes.length; axis++) {
      const i = axis * stride
      s[i] = seen[axis]!
      s[i + 2] = errorVariance(axis, seen[height], confidence)
      s[i + 4] = (axes[axis]!.rate * seen[height]) ** 2
    }
    return new BoxFilter(s)
  }

  /** All that it knows, as plain numbers. */
  get state(): number[] {
    return [...this.#state]
  }

  /** The camera has moved the picture. Pixels. */
  shift(dx: number, dy: number): void {
    this.#state[0]! += dx
    this.#state[stride]! += dy
  }

  /** Lets time pass, by the exact transition of the process and its integral (Gillespie 1996, Phys. Rev. E 54). */
  predict(seconds: number): void {
    const s = this.#state
    const unit = this.#height
    const decay = Math.exp(-seconds / persistence)
    const travel = persistence * (1 - decay)
    const spread = Math.max(0, persistence * (2 * seconds - persistence * (1 - decay) * (3 - decay)))
    for (let axis = 0; axis < axes.length; axis++) {
      const i = axis * stride
      const stationary = (axes[axis]!.rate * unit) ** 2
      const [rate, covariance, rateVariance] = [s[i + 1]!, s[i + 3]!, s[i + 4]!]
      s[i]! += travel * rate
      s[i + 1] = decay * rate
      s[i + 2]! += 2 * travel * covariance + travel * travel * rateVariance + spread * stationary
      s[i + 3] = decay * (covariance + travel * rateVariance) + travel * (1 - decay) * stationary
      s[i + 4] = decay * decay * rateVariance + (1 - decay * decay) * stationary
    }
  }

  /** Takes in a box; the less confident, the less it counts. */
  update(box: Xyxy, confidence: number): void {
    const s = this.#state
    const seen = measure(box)
    const unit = this.#height
    for (let axis = 0; axis < axes.length; axis++) {
      const i = axis * stride
      const [variance, covariance] = [s[i + 2]!, s[i + 3]!]
      const innovation = seen[axis]! - s[i]!
      const total = variance + errorVariance(axis, unit, confidence)
      s[i]! += (variance / total) * innovation
      s[i + 1]! += (covariance / total) * innovation
      s[i + 2] = variance * (1 - variance / total)
      s[i + 3] = covariance * (1 - variance / total)
      s[i + 4]! -= (covariance * covariance) / total
    }
  }

  /**
   * How badly a box fits what is predicted: its negative log-likelihood in nats, lengths in heights, without the
   * constant. A vague prediction fits everything a little, and pays for that with the logarithm of its spread.
   *
   * @param gate squared Mahalanobis distance beyond which the answer is Infinity.
   */
  misfit(box: Xyxy, confidence: number, gate: number): number {
    const s = this.#state
    const seen = measure(box)
    const unit = this.#height
    let distance = 0
    let spread = 1
    for (let axis = 0; axis < axes.length; axis++) {
      const i = axis * stride
      const total = s[i + 2]! + errorVariance(axis, unit, confidence)
      distance += (seen[axis]! - s[i]!) ** 2 / total
      spread *= total / (unit * unit)
    }
    return distance > gate ? Number.POSITIVE_INFINITY : (distance + Math.log(spread)) / 2
  }

  get #height(): number {
    return Math.max(1, this.#state[height * stride]!)
  }
}

/** Noise that goes with the confidence lacking, as in GIAOTracker (Du et al. 2021). */
function errorVariance(axis: number, unit: number, confidence: number): number {
  return (axes[axis]!.error * unit * Math.max(leastDoubt, 1 - confidence)) ** 2
}

function measure([x1, y1, x2, y2]: Xyxy): readonly [x: number, y: number, height: number] {
  return [(x1 + x2) / 2, (y1 + y2) / 2, y2 - y1]
}
