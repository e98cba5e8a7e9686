/** Number of stretches in the report. */
const MAX_STRETCHES = 400

/** Mean detections per frame in equal stretches of a video of known length. */
export class Stretches {
  readonly #found = new Float64Array(MAX_STRETCHES)
  readonly #tracked = new Float64Array(MAX_STRETCHES)
  readonly #frames = new Uint32Array(MAX_STRETCHES)

  constructor(readonly durationSeconds: number) {}

  add(seconds: number, found: number, tracked: number): void {
    const at = Math.floor((seconds / this.durationSeconds) * MAX_STRETCHES)
    const stretch = Math.min(MAX_STRETCHES - 1, Math.max(0, at))
    this.#frames[stretch]! += 1 // within the array, as below
    this.#found[stretch]! += found
    this.#tracked[stretch]! += tracked
  }

  /** Means per frame; stretches without a frame are omitted. */
  report(): { readonly seconds: number; readonly found: number; readonly tracked: number }[] {
    return Array.from(this.#frames, (frames, i) => ({
      seconds: ((i + 0.5) / MAX_STRETCHES) * this.durationSeconds,
      found: this.#found[i]! / frames,
      tracked: this.#tracked[i]! / frames,
    })).filter((_, i) => this.#frames[i]! > 0)
  }
}
