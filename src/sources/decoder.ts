import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import ffmpeg from 'fluent-ffmpeg'
import { anySignal } from '../common/any-signal.js'
import { InputError } from '../common/errors.js'
import { conversion, lutFolder } from './color.js'
import { type Ending, startFfmpeg, withoutAddress } from './ffmpeg.js'
import type { VideoInfo } from './probe.js'
import { conversionAdvice, fileUrl, inputGuards } from './untrusted.js'
import { Watchdog } from './watchdog.js'

/** Which frames to decode, and their size. */
export interface DecodeOptions {
  /** Expression for ffmpeg's `select`, over `pts` in ticks of `VideoInfo.frameTimes`, or `n` without a seek. */
  readonly select: string
  /** Size of the decoded frames, in pixels. */
  readonly width: number
  readonly height: number
  /** Seconds on the file's own clock; decoding starts at the last keyframe before. */
  readonly seekTo?: number | undefined
  /** Stops after this many frames. */
  readonly limit?: number | undefined
}

/**
 * An ffmpeg process that decodes RGB frames on demand: it blocks on its pipe until the next `read`. Disposing
 * stops it and waits for its end. Every method rejects with InputError after the watchdog has stopped ffmpeg.
 */
export interface Decoder extends AsyncDisposable {
  /** Resolves to whether there is another frame: its first bytes have arrived. */
  more(): Promise<boolean>
  /**
   * Reads the next frame into `target`, which must have the size of a frame. Resolves to its presentation time in
   * ticks (NaN when it has none), or to undefined when the video ended before the frame was complete.
   */
  read(target: Uint8Array): Promise<number | undefined>
  /** The first error message about damaged content after the first good frame. */
  readonly damage: string | undefined
  /** Waits for ffmpeg to exit by itself; call it after the last frame. */
  finish(): Promise<Ending>
  /** Resolves when ffmpeg has exited or was stopped. */
  readonly ended: Promise<Ending>
}

/** Few, since each thread buffers frames and the detector needs the cores more. */
export const decoderThreads = Math.min(4, availableParallelism())

/** Bound of ffmpeg's resident memory: the largest accepted frames, as many as a decoder and its threads buffer. */
const maxBytes = 4 * 2 ** 30

/** @param signal stops ffmpeg; pending calls then reject with the signal's reason. */
export async function openDecoder(
  info: VideoInfo,
  options: DecodeOptions,
  signal?: AbortSignal,
): Promise<Decoder> {
  const input = [
    ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'info', '-benchmark'],
    ...inputGuards,
    ...['-threads', String(decoderThreads)],
    // Our own filters rotate the frames, after `select`. A change of size within the stream must not restart the
    // filters, since `select` would count from 0 again.
    ...['-noautorotate', '-reinit_filter', '0'],
    // Keeps the file's own times, so that a frame has the same time after a seek.
    ...['-copyts'],
  ]
  if (options.seekTo !== undefined) {
    // -seek_timestamp: `-ss` is on the file's own clock. -noaccurate_seek: `select` picks the exact frame.
    input.push('-noaccurate_seek', '-seek_timestamp', '1', '-ss', options.seekTo.toFixed(6))
  }
  const passthrough = (await supportsFpsMode(info.binaries.ffmpeg))
    ? ['-fps_mode', 'passthrough']
    : ['-vsync', '0']
  const output = ['-map', '0:V:0', ...passthrough, '-f', 'rawvideo', '-pix_fmt', 'rgb24']
  if (options.limit !== undefined) output.push('-frames:v', String(options.limit))
  const { filters: toRgb, lut } = conversion(info.color, options.width, options.height)
  const folder = lut === undefined ? undefined : await lutFolder(lut)
  const command = ffmpeg(fileUrl(info.path))
    .inputOptions(input)
    .videoFilters(filters(info, options, toRgb))
    .outputOptions(output)
    .output('pipe:1')

  const ptsQueue = new PtsQueue()
  let damage: string | undefined
  const child = startFfmpeg(info.binaries.ffmpeg, command, folder?.path, line => {
    watchdog.progressed()
    const pts = /^(?:\[Eval @ \w+\] )?(-?\d+(?=\.0+$)|-?nan$)/.exec(line)
    if (pts) ptsQueue.push(Number(pts[1]))
    else if (ptsQueue.hasStarted && damagePattern.test(line)) damage ??= withoutAddress(line)
  })
  const failure = new AbortController()
  const watchdog = new Watchdog(child.pid, maxBytes, why =>
    failure.abort(new InputError(`Cannot read '${info.path}': ffmpeg ${why}; ${conversionAdvice}`)),
  )
  const end = anySignal(signal, failure.signal)
  const abort = () => void child.stop()
  end.addEventListener('abort', abort, { once: true })
  if (end.aborted) abort()
  void child.ended.then(() => {
    end.removeEventListener('abort', abort)
    watchdog[Symbol.dispose]()
    ptsQueue.close()
  })

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
      const pts = await watchdog.watch(ptsQueue.next())
      end.throwIfAborted()
      return pts
    },
    async finish() {
      const ending = await watchdog.watch(child.ended)
      end.throwIfAborted()
      return ending
    },
    get damage() {
      return damage
    },
    ended: child.ended,
    async [Symbol.asyncDispose]() {
      await child.stop()
      await folder?.[Symbol.asyncDispose]()
    },
  }
}

/** Evaluates to 0. Prints the sentinel 0.5 every 32 frames as a heartbeat, since an hour may pass between two wanted frames. */
const heartbeat = 'if(mod(n,32),0,0*print(0.5))'

/**
 * `select` comes early, so that only selected frames are rotated and converted. Only deinterlacing comes before,
 * since it needs neighboring frames; it halves the tick, which `settb` undoes. `print` writes the time of each
 * selected frame to the error output before its pixels arrive.
 */
function filters(info: VideoInfo, { select }: DecodeOptions, toRgb: readonly string[]): string[] {
  const { tick, timed } = info.frameTimes
  const turns = { 0: [], 90: ['transpose=clock'], 180: ['hflip', 'vflip'], 270: ['transpose=cclock'] }
  return [
    ...(info.interlaced ? ['bwdif=mode=send_frame:deint=interlaced'] : []),
    `settb=expr=${tick.num}/${tick.den}`,
    ...(timed ? [] : ['setpts=N']),
    `select='${heartbeat}+(${select})'`,
    "setpts='print(PTS)'",
    ...turns[info.rotation],
    ...toRgb,
  ]
}

/**
 * Messages of ffmpeg and its decoders about a lost or concealed frame. Other messages are not about the pixels, or
 * are harmless in a recording that starts between keyframes.
 */
const damagePattern =
  /concealing \d+ DC|error while decoding|error submitting (a )?packet to (the )?decoder|error splitting the input|corrupt (decoded frame|input packet)|: invalid data found when processing input|read error/i

/** Queues presentation times, which come through the error output while the pixels come through another pipe. */
class PtsQueue {
  readonly #queue: number[] = []
  #waiting: ((pts: number | undefined) => void) | undefined
  #closed = false
  hasStarted = false

  push(pts: number): void {
    this.hasStarted = true
    if (this.#waiting === undefined) this.#queue.push(pts)
    else this.#waiting(pts)
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

const fpsModeSupport = new Map<string, Promise<boolean>>()

/** Whether ffmpeg has `-fps_mode`, the name since 5.1 of `-vsync`, which is deprecated. */
function supportsFpsMode(program: string): Promise<boolean> {
  let supported = fpsModeSupport.get(program)
  if (supported === undefined) {
    const help = promisify(execFile)(program, ['-hide_banner', '-h', 'long'], { maxBuffer: 1 << 24 })
    // A program that cannot be started is reported when decoding starts.
    supported = help.then(
      ({ stdout }) => stdout.includes('-fps_mode'),
      () => false,
    )
    fpsModeSupport.set(program, supported)
  }
  return supported
}
