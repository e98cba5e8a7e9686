import ffmpeg from 'fluent-ffmpeg'
import { anySignal } from '../common/any-signal.js'
import { InputError } from '../common/errors.js'
import { conversion, lutFolder } from './color.js'
import { DecodingLog } from './decoding-log.js'
import { frameFormat } from './encoding.js'
import { type Ending, startFfmpeg } from './ffmpeg.js'
import { mappingOptions, maxDecoderBytes, readingOptions } from './ffmpeg-reading.js'
import { croppingFilters, orientationFilters } from './geometry.js'
import type { VideoInfo } from './probe.js'
import { conversionAdvice, fileUrl } from './untrusted.js'
import { Watchdog } from './watchdog.js'

/** Which frames to decode, and their size. */
export interface DecodeOptions {
  /** Expression for ffmpeg's `select` that is true for the wanted frames, over `pts` in ticks of the file, or `n`. */
  readonly select: string
  /** Size of the decoded frames, in pixels. */
  readonly width: number
  readonly height: number
  /** Seconds on the file's own clock; decoding starts at the last keyframe before. */
  readonly seekTo?: number | undefined
  /** Stops after this many frames. */
  readonly limit?: number | undefined
  /** Of the decoder; fewer decode fewer frames in vain after a seek. */
  readonly threads?: number | undefined
  /** Takes what the container says of the stream, and decodes nothing to find out more: 35 ms less for a frame. */
  readonly trusting?: boolean
}

/**
 * An ffmpeg process that decodes frames on demand: it blocks on its pipe until the next `read`. Disposing
 * stops it and waits for its end. Every method rejects with InputError after the watchdog has stopped ffmpeg.
 */
export interface Decoder extends AsyncDisposable {
  /** Resolves to whether there is another frame: its first bytes have arrived. */
  more(): Promise<boolean>
  /**
   * Reads the next frame into `target`, which must have the size of a frame. Resolves to its id: its presentation
   * time in ticks if the times of the video are exact, otherwise its place in the order of decoding. Resolves to
   * undefined when the video ended before the frame was complete.
   */
  read(target: Uint8Array): Promise<number | undefined>
  /** What ffmpeg has said so far. */
  readonly log: Pick<DecodingLog, 'last' | 'damage' | 'change' | 'hardware'>
  /** Waits for ffmpeg to exit by itself; frames that were not read are lost. */
  finish(): Promise<Ending>
  /** Resolves when ffmpeg has exited or was stopped. */
  readonly ended: Promise<Ending>
}

/** @param signal stops ffmpeg; pending calls then reject with the signal's reason. */
export async function openDecoder(
  info: VideoInfo,
  options: DecodeOptions,
  signal?: AbortSignal,
): Promise<Decoder> {
  const input = await readingOptions(info, options.threads)
  if (options.trusting) input.push('-nofind_stream_info')
  if (options.seekTo !== undefined) {
    // -seek_timestamp: `-ss` is on the file's own clock. -noaccurate_seek: `select` picks the exact frame.
    input.push('-noaccurate_seek', '-seek_timestamp', '1', '-ss', options.seekTo.toFixed(6))
  }
  const format = frameFormat(info.encoding, info.pixelFormat)
  const output = [...(await mappingOptions(info)), '-f', 'rawvideo', '-pix_fmt', format]
  if (options.limit !== undefined) output.push('-frames:v', String(options.limit))
  const { filters: converting, lut } = conversion(info.color, format, options.width, options.height)
  const folder = lut === undefined ? undefined : await lutFolder(lut)
  const ids = new IdQueue()
  const log = new DecodingLog(undefined, id => ids.push(id))
  const command = ffmpeg(fileUrl(info.path))
    .inputOptions(input)
    .videoFilters(filters(info, options, log, converting))
    .outputOptions(output)
    .output('pipe:1')

  const child = startFfmpeg(info.binaries.ffmpeg, command, folder?.path, line => {
    watchdog.progressed()
    log.take(line)
  })
  const failure = new AbortController()
  const watchdog = new Watchdog(child.pid, maxDecoderBytes, why =>
    failure.abort(new InputError(`Cannot read '${info.path}': ffmpeg ${why}; ${conversionAdvice}`)),
  )
  const end = anySignal(signal, failure.signal)
  const abort = () => void child.stop()
  end.addEventListener('abort', abort, { once: true })
  if (end.aborted) abort()
  void child.ended.then(() => {
    end.removeEventListener('abort', abort)
    watchdog[Symbol.dispose]()
    ids.close()
  })

  // Node discards what an exited process has written, unless its output has a listener; the iterator adds its own only
  // at the first read, and a short decoding may end before.
  child.stdout.on('readable', () => {})
  const chunks: AsyncIterator<Buffer> = child.stdout[Symbol.asyncIterator]()
  let rest: Uint8Array = new Uint8Array(0)
  const more = async () => {
    while (rest.length === 0) {
      const next = await watchdog.watch(chunks.next()).catch(error => {
        end.throwIfAborted()
        throw error
      })
      end.throwIfAborted()
      if (next.done) return false
      rest = next.value
    }
    return true
  }
  return {
    more,
    async read(target) {
      for (let filled = 0; filled < target.length; ) {
        if (!(await more())) return undefined
        const length = Math.min(rest.length, target.length - filled)
        target.set(rest.subarray(0, length), filled)
        rest = rest.subarray(length)
        filled += length
      }
      const id = await watchdog.watch(ids.next())
      end.throwIfAborted()
      return id
    },
    async finish() {
      while (await more()) rest = new Uint8Array(0)
      const ending = await watchdog.watch(child.ended)
      end.throwIfAborted()
      return ending
    },
    log,
    ended: child.ended,
    async [Symbol.asyncDispose]() {
      await child.stop()
      await folder?.[Symbol.asyncDispose]()
    },
  }
}

/**
 * `select` comes early, so that only selected frames are rotated and converted. Before it come only filters that pass
 * most frames as they are: `scale`, which gives all pictures the size and format of the first and so keeps the
 * others from being started anew, and deinterlacing, which changes the frames that the decoder flags, needs their
 * neighbors, and halves the tick, which `settb` undoes.
 */
function filters(
  info: VideoInfo,
  { select }: DecodeOptions,
  log: DecodingLog,
  converting: readonly string[],
): string[] {
  const { tick, exact } = info.frameTimes
  const { codedWidth, codedHeight, orientation } = info.geometry
  const before = [
    `scale=${codedWidth}:${codedHeight}:interl=-1`,
    ...(info.mayHaveFields ? ['bwdif=mode=send_frame:deint=interlaced'] : []),
    `settb=expr=${tick.num}/${tick.den}`,
    log.filter(exact ? 'pts' : 'n', select),
    // The muxer accepts only ascending times.
    'setpts=N',
  ]
  return [...before, ...croppingFilters(info.geometry), ...orientationFilters(orientation), ...converting]
}

/** Queues the ids of wanted frames, which come through the error output while the pixels come through another pipe. */
class IdQueue {
  readonly #queue: number[] = []
  #waiting: ((id: number | undefined) => void) | undefined
  #closed = false

  push(id: number): void {
    if (this.#waiting === undefined) this.#queue.push(id)
    else this.#waiting(id)
    this.#waiting = undefined
  }

  close(): void {
    this.#closed = true
    this.#waiting?.(undefined)
  }

  async next(): Promise<number | undefined> {
    if (this.#queue.length > 0 || this.#closed) return this.#queue.shift()
    return new Promise(resolve => {
      this.#waiting = resolve
    })
  }
}
