/** When each frame of a video is shown, and where decoding can start. Times are in ticks of `tick` seconds. */
export interface FrameTimes {
  /** Length of a tick in seconds, as a fraction. */
  readonly tick: Rational
  /** Presentation times, ascending, one for each frame. */
  readonly pts: Float64Array
  /** Indices of the frames at which a decoder can start, ascending. */
  readonly keyframes: Uint32Array
  /**
   * False when the file has no usable times (a raw stream, recordings glued together): frames are counted
   * instead, `pts[i]` is i and a tick the mean time between frames. There is nothing to seek by then.
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

/** Place of the last of the ascending `values` that is not above `value`; the first when all are above. */
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

/** Collects the packets of a video in the order of the file. */
export class TimelineBuilder {
  readonly #pts = new Float64List()
  readonly #keyPts = new Float64List()
  readonly #keyNumbers = new Float64List()
  #lastDts = Number.NEGATIVE_INFINITY
  #missing = 0
  #jumps = 0

  get length(): number {
    return this.#pts.length
  }

  /** @param pts and `dts` in ticks, NaN where the file has none. */
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

  /** @param frameRate frames per second, for a file without times. */
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

/** 8 bytes a value: two hours at 60 fps are 3.5 MB, where an array of objects would be a hundred. */
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
