import type { Xyxy } from '../../types.js'
import { type Motion, zoomOf } from './motion.js'

/**
 * Lengths are in box heights, so that near and far players are treated alike; a standing adult is about 1.8 m. `rate` is
 * the typical speed per second: 1.6 heights are 2.9 m/s, and a raised camera foreshortens motion along its axis. `error`
 * times the doubt of a detection is the standard deviation of its box, measured with the default detector: a doubtful box
 * mostly shows half a player, with the right x but a wrong height. `renewed` is the standard deviation of an error that
 * comes at once, when a box loses the legs or takes in a neighbor.
 */
const axes = [
  { name: 'center x', rate: 1.6, error: 0.08, renewed: 0.16 },
  { name: 'center y', rate: 0.6, error: 0.15, renewed: 0.1 },
  { name: 'height', rate: 0.15, error: 0.3, renewed: 0.15 },
] as const
const height = 2

/** Time constant, in seconds, with which a player's speed decorrelates. */
const persistence = 2.5

/**
 * Most of the error of a box is the same in the next frame: shares of its standard deviation that last, with a time
 * constant in seconds, and that are new in each frame.
 */
const lastingShare = 0.9
const lastingSeconds = 0.5
const newShare = 0.6

/** Share of boxes of which the error has nothing in common with that of the last box. */
const renewedShare = 0.15
const renewedCost = -Math.log(renewedShare)

/** Numbers per axis: value, rate and lasting error, and the covariances of these three: vv, vr, ve, rr, re, ee. */
const stride = 9

/**
 * A Kalman filter, in pixels and seconds, over the center and height of a player's box, their rates and the lasting error
 * of the detector, after SORT (Bewley et al. 2016). The width is not used, since it changes with every stride.
 *
 * Transition and noise do not couple the axes, so the 9×9 filter is exactly three 3×3 filters. Rates follow an
 * Ornstein–Uhlenbeck process: a new track begins with its stationary distribution and an unseen one returns to it, so the
 * search area grows with time, not with the number of frames. So does the lasting error: with it 30 boxes a second,
 * which are nearly equal, tell hardly more than 10 of them; without it the filter would take their common error for
 * motion, and be so sure that it loses the player at the next change.
 */
export class BoxFilter {
  /** The axes, then the doubt of the last box. */
  readonly #state: Float64Array

  private constructor(state: Float64Array) {
    this.#state = state
  }

  /** Restores a filter from its `state`. */
  static from(state: readonly number[]): BoxFilter {
    return new BoxFilter(Float64Array.from(state))
  }

  /** A new filter for a box in pixels. @param doubt 0 to 1: how inexact the box is. */
  static at(box: Xyxy, doubt: number): BoxFilter {
    const s = new Float64Array(axes.length * stride + 1)
    const seen = measure(box)
    for (let axis = 0; axis < axes.length; axis++) {
      const i = axis * stride
      const lasting = lastingVariance(axis, seen[height], doubt)
      s[i] = seen[axis]!
      s[i + 3] = lasting + newVariance(axis, seen[height], doubt)
      s[i + 5] = -lasting
      s[i + 6] = (axes[axis]!.rate * seen[height]) ** 2
      s[i + 8] = lasting
    }
    s[s.length - 1] = doubt
    return new BoxFilter(s)
  }

  /** The state as plain numbers. */
  get state(): number[] {
    return [...this.#state]
  }

  /** Center and height of the box as of the last prediction, in pixels. */
  get expected(): readonly [x: number, y: number, height: number] {
    const s = this.#state
    return [s[0]!, s[stride]!, this.#height]
  }

  /** Moves and zooms the box with the picture, in pixels. */
  move(motion: Motion): void {
    const s = this.#state
    const zoom = zoomOf(motion)
    const [x, y] = [s[0]!, s[stride]!]
    for (let i = 0; i < axes.length * stride; i++) s[i]! *= i % stride < 3 ? zoom : zoom * zoom
    s[0] = motion.a * x - motion.b * y + motion.dx
    s[stride] = motion.b * x + motion.a * y + motion.dy
  }

  /** Predicts by the exact transition of the processes and the integral (Gillespie 1996, Phys. Rev. E 54). */
  predict(seconds: number): void {
    const s = this.#state
    const unit = this.#height
    const decay = Math.exp(-seconds / persistence)
    const travel = persistence * (1 - decay)
    const spread = Math.max(0, persistence * (2 * seconds - persistence * (1 - decay) * (3 - decay)))
    const kept = Math.exp(-seconds / lastingSeconds)
    for (let axis = 0; axis < axes.length; axis++) {
      const i = axis * stride
      const speed = (axes[axis]!.rate * unit) ** 2
      const error = lastingVariance(axis, unit, s[s.length - 1]!)
      const [rate, vr, ve, rr, re, ee] = [s[i + 1]!, s[i + 4]!, s[i + 5]!, s[i + 6]!, s[i + 7]!, s[i + 8]!]
      s[i]! += travel * rate
      s[i + 1] = decay * rate
      s[i + 2]! *= kept
      s[i + 3]! += 2 * travel * vr + travel * travel * rr + spread * speed
      s[i + 4] = decay * (vr + travel * rr) + travel * (1 - decay) * speed
      s[i + 5] = kept * (ve + travel * re)
      s[i + 6] = decay * decay * rr + (1 - decay * decay) * speed
      s[i + 7] = decay * kept * re
      s[i + 8] = kept * kept * ee + (1 - kept * kept) * error
    }
  }

  /** Updates with an observed box; a doubtful one has less weight, and a sudden change is taken for a renewed error. */
  update(box: Xyxy, doubt: number): void {
    const s = this.#state
    const seen = measure(box)
    const unit = this.#height
    const renewed = this.#misfit(seen, doubt, true) + renewedCost < this.#misfit(seen, doubt, false)
    for (let axis = 0; axis < axes.length; axis++) {
      const i = axis * stride
      if (renewed) {
        s[i + 2] = s[i + 5] = s[i + 7] = 0
        s[i + 8] = (axes[axis]!.renewed * unit) ** 2
      }
      const value = s[i + 3]! + s[i + 5]!
      const rate = s[i + 4]! + s[i + 7]!
      const error = s[i + 5]! + s[i + 8]!
      const total = value + error + newVariance(axis, unit, doubt)
      const innovation = (seen[axis]! - s[i]! - s[i + 2]!) / total
      s[i]! += value * innovation
      s[i + 1]! += rate * innovation
      s[i + 2]! += error * innovation
      s[i + 3]! -= (value * value) / total
      s[i + 4]! -= (value * rate) / total
      s[i + 5]! -= (value * error) / total
      s[i + 6]! -= (rate * rate) / total
      s[i + 7]! -= (rate * error) / total
      s[i + 8]! -= (error * error) / total
    }
    s[s.length - 1] = doubt
  }

  /**
   * Negative log-likelihood of a box under the prediction, in nats, with lengths in heights and without the constant
   * term. The logarithm of the spread penalizes an uncertain prediction.
   */
  misfit(box: Xyxy, doubt: number): number {
    const seen = measure(box)
    return Math.min(this.#misfit(seen, doubt, false), this.#misfit(seen, doubt, true) + renewedCost)
  }

  #misfit(seen: readonly number[], doubt: number, renewed: boolean): number {
    const s = this.#state
    const unit = this.#height
    let distance = 0
    let spread = 1
    for (let axis = 0; axis < axes.length; axis++) {
      const i = axis * stride
      const error = renewed ? 0 : s[i + 2]!
      const errorVariance = renewed ? (axes[axis]!.renewed * unit) ** 2 : 2 * s[i + 5]! + s[i + 8]!
      const total = s[i + 3]! + errorVariance + newVariance(axis, unit, doubt)
      distance += (seen[axis]! - s[i]! - error) ** 2 / total
      spread *= total / (unit * unit)
    }
    return (distance + Math.log(spread)) / 2
  }

  get #height(): number {
    return Math.max(1, this.#state[height * stride]!)
  }
}

/** Variances of the two parts of a box's error, proportional to its doubt, as in GIAOTracker (Du et al. 2021). */
const lastingVariance = (axis: number, unit: number, doubt: number): number =>
  (lastingShare * axes[axis]!.error * unit * doubt) ** 2
const newVariance = (axis: number, unit: number, doubt: number): number =>
  (newShare * axes[axis]!.error * unit * doubt) ** 2

function measure([x1, y1, x2, y2]: Xyxy): readonly [x: number, y: number, height: number] {
  return [(x1 + x2) / 2, (y1 + y2) / 2, y2 - y1]
}
