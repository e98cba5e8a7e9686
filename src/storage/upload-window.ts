export interface UploadWindowOptions {
  /** Most uploads in flight at once. */
  readonly parallel: number
  /** Most bytes of uploads in flight or waiting; one larger upload is sent alone. */
  readonly waitingBytes: number
}

/** Called for each successful upload with its bytes, its number of images and its duration. */
export type OnUploaded = (bytes: number, images: number, milliseconds: number) => void

export const uploadWindowDefaults: UploadWindowOptions = { parallel: 16, waitingBytes: 64 << 20 }

/**
 * Bounds the uploads to a store. `add` resolves when there is room, which gives the caller backpressure. The
 * number in flight adapts by additive increase and multiplicative decrease, like TCP's congestion window:
 * halved when the storage throttles, one more for every round of successful uploads.
 */
export class UploadWindow {
  readonly #pending: (() => void)[] = []
  readonly #waiters: (() => void)[] = []
  #limit: number
  #active = 0
  #bytes = 0
  #images = 0
  #mostBytes = 0
  #waitedMs = 0
  #succeededSinceThrottle = Number.POSITIVE_INFINITY
  #failure: { readonly error: unknown } | undefined
  /** Each resolves to whether the upload succeeded. */
  readonly #unfinished = new Set<Promise<boolean>>()

  constructor(
    readonly options: UploadWindowOptions,
    readonly onUploaded: OnUploaded = () => {},
  ) {
    this.#limit = options.parallel
  }

  /** Current bound on the uploads in flight. */
  get limit(): number {
    return Math.floor(this.#limit)
  }

  /** Uploads in flight or waiting now. */
  get backlog(): { readonly bytes: number; readonly images: number } {
    return { bytes: this.#bytes, images: this.#images }
  }

  /** Milliseconds that callers of `add` and `flush` have waited. */
  get waitedMs(): number {
    return this.#waitedMs
  }

  /** Peak of `backlog.bytes`. */
  get mostBytes(): number {
    return this.#mostBytes
  }

  /**
   * Resolves when there is room for the upload; rejects when an earlier one failed.
   * @param images number of images in the upload.
   */
  async add(bytes: number, upload: () => Promise<void>, images = 1): Promise<void> {
    while (
      this.#bytes > 0 &&
      this.#bytes + bytes > this.options.waitingBytes &&
      this.#failure === undefined
    ) {
      await this.#change()
    }
    this.#throwFailure()
    this.#bytes += bytes
    this.#images += images
    this.#mostBytes = Math.max(this.#mostBytes, this.#bytes)
    const ended = new Promise<boolean>(resolve => {
      this.#pending.push(() => void this.#upload(bytes, upload, images).then(resolve))
    })
    this.#unfinished.add(ended)
    void ended.then(() => this.#unfinished.delete(ended))
    this.#start()
  }

  /** Halves the window, at most once per round; call it when the storage throttles. */
  throttle(): void {
    if (this.#succeededSinceThrottle < this.limit) return
    this.#limit = Math.max(1, this.#limit / 2)
    this.#succeededSinceThrottle = 0
  }

  /** Resolves when nothing is in flight or waiting; rejects with the first failure. */
  async flush(): Promise<void> {
    while (this.#active > 0 || this.#pending.length > 0) await this.#change()
    this.#throwFailure()
  }

  /** Resolves when everything added before the call is durable; rejects when any of it failed. */
  async settled(): Promise<void> {
    // An upload that failed before the call is no longer in the set.
    this.#throwFailure()
    const succeeded = await Promise.all(this.#unfinished)
    if (succeeded.includes(false)) this.#throwFailure()
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** Waits for an upload to end. */
  async #change(): Promise<void> {
    const start = performance.now()
    await new Promise<void>(resolve => this.#waiters.push(resolve))
    this.#waitedMs += performance.now() - start
  }

  #start(): void {
    while (this.#active < this.limit) {
      const next = this.#pending.shift()
      if (next === undefined) return
      this.#active++
      next()
    }
  }

  async #upload(bytes: number, upload: () => Promise<void>, images: number): Promise<boolean> {
    const start = performance.now()
    try {
      // A failure ends the run, so the remaining uploads are skipped.
      if (this.#failure !== undefined) return false
      await upload()
      this.onUploaded(bytes, images, performance.now() - start)
      this.#limit = Math.min(this.options.parallel, this.#limit + 1 / this.#limit)
      this.#succeededSinceThrottle++
      return true
    } catch (error) {
      this.#failure ??= { error }
      return false
    } finally {
      this.#active--
      this.#bytes -= bytes
      this.#images -= images
      this.#start()
      for (const resume of this.#waiters.splice(0)) resume()
    }
  }
}
