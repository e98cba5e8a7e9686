/** Presentation times of a video's frames and its keyframes. Times are in ticks of `tick` seconds. */
export interface FrameTimes {
  /** Length of a tick in seconds, as a fraction. */
  readonly tick: Rational
  /** Presentation times, ascending, one for each frame. */
  readonly pts: Float64Array
  /** Indices of the frames at which a decoder can start, ascending. */
  readonly keyframes: Uint32Array
  /**
   * False when the file has no usable times (a raw stream, concatenated recordings). Then `pts[i]` is i, a tick
   * is the mean time between frames, and seeking is not possible.
   */
  readonly timed: boolean
}

export interface Rational {
  readonly num: number
  readonly den: number
}

/** Milliseconds from the first frame to frame `index`. */
export function millisecondsAt({ pts, tick }: FrameTimes, index: number): number {
  return ((pts[index]! - pts[0]!) * 1000 * tick.num) / tick.den
}

/** Index of the last of the ascending `values` that is at most `value`; 0 when all are larger. */
export function lastNotAbove(values: Float64Array | Uint32Array, value: number): number {
  let low = 0
  let high = values.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (values[middle]! <= value) low = middle
    else high = middle - 1
  }
  return low
}

/** Builds FrameTimes from the packets of a video, in file order. */
export class FrameTimesBuilder {
  readonly #pts = new Float64List()
  readonly #keyPts = new Float64List()
  readonly #keyNumbers = new Float64List()
  #lastDts = Number.NEGATIVE_INFINITY
  #missing = 0
  #jumps = 0

  get length(): number {
    return this.#pts.length
  }

  /** @param pts in ticks, NaN where the file has none; `dts` likewise. */
  add(pts: number, dts: number, key: boolean): void {
    if (Number.isNaN(pts)) this.#missing++
    if (dts < this.#lastDts) this.#jumps++
    if (!Number.isNaN(dts)) this.#lastDts = dts
    if (key) {
      this.#keyPts.push(pts)
      this.#keyNumbers.push(this.#pts.length)
    }
    this.#pts.push(pts)
  }

  /** @param frameRate frames per second, used for a file without usable times. */
  build(tick: Rational, frameRate: Rational): FrameTimes {
    const pts = this.#pts.toArray().sort()
    const repeated = pts.some((value, i) => i > 0 && value === pts[i - 1])
    if (this.#missing === 0 && this.#jumps === 0 && !repeated) {
      const keyframes = Uint32Array.from(this.#keyPts.toArray(), ticks => lastNotAbove(pts, ticks)).sort()
      return { tick, pts, keyframes, timed: true }
    }
    const counted = Float64Array.from(pts, (_, i) => i)
    const keyframes = Uint32Array.from(this.#keyNumbers.toArray())
    return { tick: { num: frameRate.den, den: frameRate.num }, pts: counted, keyframes, timed: false }
  }
}

/** A growing array with 8 bytes a value: two hours at 60 fps take 3.5 MB; an array of objects would take 100 MB. */
class Float64List {
  #values = new Float64Array(1024)
  length = 0

  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new Float64Array(this.length * 2)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.length++] = value
  }

  toArray(): Float64Array {
    return this.#values.slice(0, this.length)
  }
}
