import { differences, type FrameTimes, lastNotAbove, medianOfPositive, type Rational } from './frame-times.js'

/** A growing array with 8 bytes a value: two hours at 60 fps take 3.5 MB; an array of objects would take 100 MB. */
export class Float64List {
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

const withoutNaN = (list: Float64List): Float64Array => list.toArray().filter(value => !Number.isNaN(value))

/** H.264 has a packet for each field of a field picture. @param fields of the stream, as ffprobe names them. */
export const hasFieldPackets = (fields: ReadonlyMap<string, string>): boolean =>
  fields.get('codec_name') === 'h264' && fields.get('field_order') !== 'progressive'

/** Times of the packets of a video stream, in the order of the file. */
export class PacketTimes {
  readonly #pts = new Float64List()
  readonly #keys = new Float64List()
  /** Decoding times of incomplete packets. */
  readonly #incomplete = new Float64List()
  #lastPts = Number.NEGATIVE_INFINITY
  #lastDts = Number.NEGATIVE_INFINITY
  #missing = 0
  #backward = 0
  #startsWithKey: boolean | undefined
  /** Time of the first keyframe, which an edit list may hide. */
  #firstKey: number | undefined
  /** Whether the last packet is flagged as incomplete; undefined where ffprobe has no such flag. */
  #endFlag: boolean | undefined
  /** Some packets are decoded before others that are shown earlier, as with B-frames. */
  #reordered = false
  /** Some packets are shown later than they are decoded. */
  #delayed = false
  /** The container has no times of decoding, as Matroska: those that ffprobe shows are its guess. */
  #guessed = false

  get length(): number {
    return this.#pts.length
  }

  /**
   * @param pts in ticks, NaN where the file has none; `dts` likewise. @param size in bytes.
   * @param flags as ffprobe shows them.
   */
  add(pts: number, dts: number, size: number, flags: string): void {
    const key = flags.startsWith('K')
    this.#startsWithKey ??= key
    if (key) this.#firstKey ??= pts
    // Of three characters, the last is for incomplete packets: `K__`, `__C`.
    this.#endFlag = flags.length > 2 ? flags.includes('C') : undefined
    if (this.#endFlag) this.#incomplete.push(dts)
    const isJump = dts < this.#lastDts
    if (isJump) this.#backward++
    if (Number.isNaN(dts)) this.#guessed = true
    else this.#lastDts = dts
    // Excluded by an edit list (decoded but not shown), or a frame that the recorder left out.
    if (flags.includes('D') || size === 0) return
    if (pts > dts) this.#delayed = true
    if (Number.isNaN(pts)) this.#missing++
    if (!(pts >= this.#lastPts || isJump)) this.#reordered = true
    this.#lastPts = pts
    if (key) this.#keys.push(pts)
    this.#pts.push(pts)
  }

  /** @param dts of packets that the container calls incomplete. */
  addIncomplete(dts: Iterable<number>): void {
    for (const time of dts) this.#incomplete.push(time)
  }

  /** The last time of decoding, if packets have no others, as in AVI. */
  get lastDecoding(): number | undefined {
    return this.#missing === this.length ? this.#lastDts : undefined
  }

  /**
   * The last packet is incomplete. A time alone does not tell where the clock went back: an earlier packet may have it.
   * Where most packets are called incomplete, as with counters that do not count, it says nothing.
   */
  get endsIncomplete(): boolean {
    if (this.#incomplete.length > (this.length + 1) / 2) return false
    return this.#endFlag ?? (this.#backward === 0 && this.#incomplete.toArray().includes(this.#lastDts))
  }

  /** All times, ascending, if they may be those of decoding, which the pictures then have in turn. */
  get decodingTimes(): Float64Array | undefined {
    const isOrdered = this.#missing === 0 && this.#backward === 0
    return isOrdered && !this.#reordered ? this.#pts.toArray().sort() : undefined
  }

  /** Times say that MPEG-2 pictures are shown in the order of decoding, after the delay that they always have. */
  inOrder(fields: ReadonlyMap<string, string>): boolean {
    const isMpeg2 = /^mpeg[12]video$/.test(fields.get('codec_name') ?? '')
    return isMpeg2 && !this.#reordered && this.#delayed && !this.#guessed
  }

  /** Time of the first keyframe, if pictures before it would have to be decoded from what is not there. */
  get firstKey(): number | undefined {
    return this.#startsWithKey === true ? undefined : this.#firstKey
  }

  /** How many packets the file begins with from which nothing is decoded, since they come before a keyframe. */
  leadingBefore(firstFrame: number): number {
    return this.#startsWithKey === true ? 0 : this.#pts.toArray().findIndex(pts => !(pts < firstFrame))
  }

  /**
   * Time before the first gap beside a packet that the container calls incomplete: pictures were lost with the packets. The
   * container's complaint alone, as of a counter that jumps where two recordings were joined, is no damage.
   */
  lostAt(longestGap: number): number | undefined {
    if (this.#incomplete.length === 0) return undefined
    const incomplete = withoutNaN(this.#incomplete).sort()
    return this.#findGap(longestGap, (end, usual) => {
      // A picture is shown at most so many pictures after it is decoded.
      const [from, to] = [end - 16 * usual, end + usual]
      const last = incomplete[lastNotAbove(incomplete, to)]
      return last !== undefined && last >= from && last <= to
    })
  }

  /** Time before the first gap. */
  firstGap(): number | undefined {
    return this.#findGap(Number.POSITIVE_INFINITY, () => true)
  }

  /** Time before the first gap that is meant, by the time after it and the usual interval. */
  #findGap(longest: number, isMeant: (end: number, usual: number) => boolean): number | undefined {
    const pts = withoutNaN(this.#pts).sort()
    const intervals = differences(pts)
    const usual = medianOfPositive(intervals) ?? longest
    const isGap = (interval: number) => interval > 1.6 * usual && interval <= longest
    return pts[intervals.findIndex((interval, i) => isGap(interval) && isMeant(pts[i + 1]!, usual))]
  }

  /**
   * The times of the frames, if it is certain that each packet is one frame with a good time; otherwise undefined,
   * and only decoding tells which frames there are.
   *
   * @param longestGap ticks; a longer interval is a jump of the clock. @param fields of the stream, as ffprobe names them.
   */
  frameTimes(
    tick: Rational,
    longestGap: number,
    fields: ReadonlyMap<string, string>,
  ): FrameTimes | undefined {
    if (this.#missing > 0 || this.#backward > 0) return undefined
    // A decoder gives nothing, or incomplete pictures, before the first keyframe.
    if (this.#startsWithKey !== true) return undefined
    if (hasFieldPackets(fields)) return undefined
    // The decoder holds pictures back to reorder them, but all times may be those of decoding, as in a copy from AVI.
    const waits = Number(fields.get('has_b_frames')) > 0 && !this.inOrder(fields)
    if (waits && !this.#reordered) return undefined
    const pts = this.#pts.toArray().sort()
    const keys = this.#keys.toArray()
    // Pictures that are shown before the first keyframe may lack what they are made of.
    if (this.#firstKey === undefined || this.#firstKey > pts[0]!) return undefined
    const intervals = differences(pts)
    // VP8, VP9 and AV1 have packets of hidden frames, whose time is that of a neighbor or just beside it.
    const hides = /^(vp8|vp9|av1)$/.test(fields.get('codec_name') ?? '')
    const shortest = hides ? (medianOfPositive(intervals) ?? 0) / 2 : 0
    if (intervals.some(interval => interval <= shortest || interval > longestGap)) return undefined
    const keyframes = Uint32Array.from(keys, ticks => lastNotAbove(pts, ticks)).sort()
    return { tick, pts, clock: pts, keyframes, exact: true, before: 0 }
  }
}
