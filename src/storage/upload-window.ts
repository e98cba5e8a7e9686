export interface UploadWindowOptions {
  /** Uploads under way at once, at most. */
  readonly parallel: number
  /** Bytes of uploads under way or waiting, at most; one that is larger than this goes alone. */
  readonly waitingBytes: number
}

/** Told of each upload that has succeeded: its bytes, the images in it, and how long it took. */
export type OnUploaded = (bytes: number, images: number, milliseconds: number) => void

export const uploadWindowDefaults: UploadWindowOptions = { parallel: 16, waitingBytes: 64 << 20 }

/**
 * Bounds what is on its way to a store. `add` resolves when there is room for more, so that whoever waits
 * for it is held back. How many go at once adapts as TCP does: half as many when the storage asks for
 * less, one more for every round that went well.
 */
export class UploadWindow {
  readonly #pending: (() => void)[] = []
  readonly #blocked: (() => void)[] = []
  #limit: number
  #active = 0
  #bytes = 0
  #images = 0
  #mostBytes = 0
  #waitedMs = 0
  #sinceCut = Number.POSITIVE_INFINITY
  #failure: { readonly error: unknown } | undefined
  /** Each resolves to whether it has succeeded. */
  readonly #underWay = new Set<Promise<boolean>>()

  constructor(
    readonly options: UploadWindowOptions,
    readonly onUploaded: OnUploaded = () => {},
  ) {
    this.#limit = options.parallel
  }

  /** Uploads that may be under way at once now. */
  get limit(): number {
    return Math.floor(this.#limit)
  }

  /** Under way or waiting now. */
  get backlog(): { readonly bytes: number; readonly images: number } {
    return { bytes: this.#bytes, images: this.#images }
  }

  /** Milliseconds for which whoever added or flushed something had to wait. */
  get waitedMs(): number {
    return this.#waitedMs
  }

  /** The most bytes that were ever under way or waiting. */
  get mostBytes(): number {
    return this.#mostBytes
  }

  /**
   * Resolves when there is room for it; rejects when this or an earlier upload failed.
   * @param images how many of them are in it.
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
    this.#underWay.add(ended)
    void ended.then(() => this.#underWay.delete(ended))
    this.#start()
  }

  /** The storage asked for less: halves the window, once per round. */
  throttle(): void {
    if (this.#sinceCut < this.limit) return
    this.#limit = Math.max(1, this.#limit / 2)
    this.#sinceCut = 0
  }

  /** Resolves when nothing is under way; rejects with the first failure. */
  async flush(): Promise<void> {
    while (this.#active > 0 || this.#pending.length > 0) await this.#change()
    this.#throwFailure()
  }

  /** Resolves when all that has been added until now is durable; rejects when some of it failed. */
  async settled(): Promise<void> {
    // Which of those that have ended it was is not known any more.
    this.#throwFailure()
    const succeeded = await Promise.all(this.#underWay)
    if (succeeded.includes(false)) this.#throwFailure()
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** Waits for an upload to end. */
  async #change(): Promise<void> {
    const start = performance.now()
    await new Promise<void>(resolve => this.#blocked.push(resolve))
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
      // After a failure the rest is not worth sending: the run is over.
      if (this.#failure !== undefined) return false
      await upload()
      this.onUploaded(bytes, images, performance.now() - start)
      this.#limit = Math.min(this.options.parallel, this.#limit + 1 / this.#limit)
      this.#sinceCut++
      return true
    } catch (error) {
      this.#failure ??= { error }
      return false
    } finally {
      this.#active--
      this.#bytes -= bytes
      this.#images -= images
      this.#start()
      for (const resume of this.#blocked.splice(0)) resume()
    }
  }
}
