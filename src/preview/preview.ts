import { OutputError } from '../common/errors.js'
import type { FfmpegProcess } from '../sources/ffmpeg.js'
import type { FrameSource } from '../sources/frame-source.js'
import type { VideoInfo } from '../sources/probe.js'
import type { ObjectStream, Store, StoredObject } from '../storage/store.js'
import type { Pixels, TrackedFrame } from '../types.js'
import { rgbOf } from '../vision/imaging/colors.js'
import { sharp } from '../vision/imaging/sharp.js'
import { annotate } from './drawing.js'
import { startEncoder } from './encoder.js'

const path = 'preview.mp4'

/** Larger videos are scaled down to this longer side, in pixels. */
const maxSide = 1280

/** Frame rate when the sampled frames are more than a second apart: they are shown as slides. */
const slideRate = 2

/**
 * `preview.mp4`: the sampled frames with boxes, track ids and confidences, in real time, H.264. Holds one scaled
 * frame at a time; a slow encoder or storage applies backpressure to the graph.
 *
 * Disposing always ends ffmpeg. The store removes an unpublished file.
 */
export class Preview implements AsyncDisposable {
  readonly #copied: Promise<void>
  #piped: Promise<void> = Promise.resolve()

  private constructor(
    readonly size: { readonly width: number; readonly height: number },
    readonly encoder: FfmpegProcess,
    readonly file: ObjectStream,
  ) {
    this.#copied = this.#copy()
    this.#copied.catch(() => {})
  }

  /** @throws UsageError when ffmpeg has no H.264 encoder that works. */
  static async in(store: Store, info: VideoInfo, source: FrameSource<unknown>): Promise<Preview> {
    const scale = Math.min(1, maxSide / Math.max(info.width, info.height))
    const even = (side: number) => Math.max(2, 2 * Math.round((side * scale) / 2))
    const size = { width: even(info.width), height: even(info.height) }
    const mean = source.report.framesExpected / info.durationSeconds
    const rate = mean < 1 ? slideRate : mean
    const encoder = await startEncoder(info.binaries.ffmpeg, { ...size, rate })
    try {
      return new Preview(size, encoder, await store.createStream(path))
    } catch (error) {
      await encoder.stop()
      throw error
    }
  }

  /**
   * Observer event: adds a frame, whose slot must be valid until this resolves. One call at a time.
   * @throws OutputError when ffmpeg has failed or the file cannot be written.
   */
  async frameTracked({ frame, detections }: TrackedFrame): Promise<void> {
    await this.#piped
    const picture = await this.#scaled(frame)
    const scale = [picture.width / frame.width, picture.height / frame.height] as const
    annotate(picture, detections, scale, frame)
    // Encoded while the graph continues; a failure is thrown by the next call.
    this.#piped = this.#pipe(picture.rgb)
    this.#piped.catch(() => {})
  }

  /** Ends the video and publishes it. @throws OutputError as `frameTracked`. */
  async publish(): Promise<StoredObject> {
    await this.#piped
    this.encoder.stdin.end()
    await this.#ended()
    return this.file.publish()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.encoder.stop()
    await Promise.allSettled([this.#piped, this.#copied])
  }

  async #scaled(frame: TrackedFrame['frame']): Promise<Pixels> {
    const { width, height } = frame
    const raw = { width, height, channels: 3 } as const
    const { buffer, byteOffset, byteLength } = await sharp(rgbOf(frame), { raw })
      .resize(this.size.width, this.size.height, { fit: 'fill', kernel: 'linear' })
      .raw()
      .toBuffer()
    return { ...this.size, rgb: new Uint8Array(buffer, byteOffset, byteLength) }
  }

  /** Resolves when the pipe has taken the frame: then its memory is free. */
  async #pipe(rgb: Uint8Array): Promise<void> {
    const broken = await new Promise(resolve => this.encoder.stdin.write(rgb, resolve))
    if (!broken) return
    await this.#ended()
    throw new OutputError(`Cannot write ${path}: ffmpeg ended before the last frame`)
  }

  async #copy(): Promise<void> {
    try {
      for await (const chunk of this.encoder.stdout as AsyncIterable<Buffer>) await this.file.append(chunk)
    } catch (error) {
      await this.encoder.stop()
      throw error
    }
  }

  /** Waits for the end of the video. A write error takes precedence over the exit code of the stopped ffmpeg. */
  async #ended(): Promise<void> {
    await this.#copied
    const { code, reason } = await this.encoder.ended
    if (code !== 0) {
      const how = code === null ? 'was killed or did not start' : `ended with code ${code}`
      throw new OutputError(`Cannot write ${path}: ffmpeg ${how}${reason && ` (${reason})`}`)
    }
  }
}
