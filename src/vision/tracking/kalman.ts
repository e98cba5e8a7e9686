import type { Xyxy } from '../../types.js'
import { type Motion, zoomOf } from './motion.js'

/**
 * Lengths are in box heights, so that near and far players are treated alike; a standing adult is about 1.8 m. `rate` is
 * the typical speed per second: 1.6 heights are 2.9 m/s, and a raised camera foreshortens motion along its axis. `error`
 * times (1 - confidence) is the standard deviation of a detector's box, measured with the default detector: a box of low
 * confidence mostly shows half a player, with the right x but a wrong height.
 */
const axes = [
  { name: 'center x', rate: 1.6, error: 0.08 },
  { name: 'center y', rate: 0.6, error: 0.15 },
  { name: 'height', rate: 0.15, error: 0.3 },
] as const
const height = 2

/** Least value of 1 - confidence: no box counts as more exact than one with a confidence of 0.9. */
const leastDoubt = 0.1

/** Time constant, in seconds, with which a player's speed decorrelates. */
const persistence = 2.5

/** Numbers per axis: value, rate, variance of the value, covariance of the two, variance of the rate. */
const stride = 5

/**
 * A Kalman filter, in pixels and seconds, over the center and height of a player's box and their rates, after SORT
 * (Bewley et al. 2016). The width is not used, since it changes with every stride.
 *
 * Transition and noise do not couple the axes, so the 6×6 filter is exactly three 2×2 filters without a matrix inversion.
 * Rates follow an Ornstein–Uhlenbeck process: a new track begins with its stationary distribution and an unseen one
 * returns to it, so the search area grows with time, not with the number of frames.
 */
export class BoxFilter {
  readonly #state: Float64Array

  private constructor(state: Float64Array) {
    this.#state = state
  }

  /** Restores a filter from its `state`. */
  static from(state: readonly number[]): BoxFilter {
    return new BoxFilter(Float64Array.from(state))
  }

  /** A new filter for a box in pixels. */
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

  /** The state as plain numbers. */
  get state(): number[] {
    return [...this.#state]
  }

  /** Moves and zooms the box with the picture, in pixels. */
  move(motion: Motion): void {
    const s = this.#state
    const zoom = zoomOf(motion)
    const [x, y] = [s[0]!, s[stride]!]
    for (let i = 0; i < s.length; i++) s[i]! *= i % stride < 2 ? zoom : zoom * zoom
    s[0] = motion.a * x - motion.b * y + motion.dx
    s[stride] = motion.b * x + motion.a * y + motion.dy
  }

  /** Predicts by the exact transition of the process and its integral (Gillespie 1996, Phys. Rev. E 54). */
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

  /** Updates with an observed box; a lower confidence gives it less weight. */
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
   * Negative log-likelihood of a box under the prediction, in nats, with lengths in heights and without the constant
   * term. The logarithm of the spread penalizes an uncertain prediction.
   *
   * @param gate squared Mahalanobis distance above which the result is Infinity.
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

/** Measurement noise proportional to 1 - confidence, as in GIAOTracker (Du et al. 2021). */
function errorVariance(axis: number, unit: number, confidence: number): number {
  return (axes[axis]!.error * unit * Math.max(leastDoubt, 1 - confidence)) ** 2
}

function measure([x1, y1, x2, y2]: Xyxy): readonly [x: number, y: number, height: number] {
  return [(x1 + x2) / 2, (y1 + y2) / 2, y2 - y1]
}
