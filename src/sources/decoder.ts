import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import ffmpeg from 'fluent-ffmpeg'
import { anySignal } from '../common/any-signal.js'
import { InputError } from '../common/errors.js'
import { complaint, type Ending, startFfmpeg } from './ffmpeg.js'
import type { VideoInfo } from './probe.js'
import { convert, fileUrl, inputGuards } from './untrusted.js'
import { Watchdog } from './watchdog.js'

/** Which frames to decode and how large to give them. */
export interface Selection {
  /** Expression of ffmpeg's `select`, over `pts` in ticks of the video's timeline and, from the start, `n`. */
  readonly select: string
  /** Size of the frames that come out. */
  readonly width: number
  readonly height: number
  /** Where to start, seconds on the file's own clock; decoding begins at the last keyframe before. */
  readonly seekTo?: number | undefined
  /** Ends after this many frames. */
  readonly limit?: number | undefined
}

/**
 * One ffmpeg, giving frames as RGB, each when it is asked for: until then the process waits. Disposing
 * ends it and waits until it is gone. What waits for it rejects with InputError when the file led it astray.
 */
export interface Decoder extends AsyncDisposable {
  /** Resolves to whether another frame has begun to come. */
  more(): Promise<boolean>
  /**
   * Fills `target`, which has the size of a frame, with the next one. Resolves to its presentation time in
   * ticks, NaN when it has none, or to undefined when the video ended before the frame was whole.
   */
  read(target: Uint8Array): Promise<number | undefined>
  /** The first complaint about damaged content after the first good frame. */
  readonly damage: string | undefined
  /** Resolves when ffmpeg, of which no frame is expected any more, has ended by itself. */
  finish(): Promise<Ending>
  /** Resolves when ffmpeg has ended, by itself or not. */
  readonly ended: Promise<Ending>
}

/** Each thread holds frames of its own, and the detector needs the cores more than the decoder does. */
export const decoderThreads = Math.min(4, availableParallelism())

/** The largest frames that are accepted, as often as a decoder and its threads hold them. */
const maxBytes = 4 * 2 ** 30

/** @param signal ends ffmpeg; what waits for a frame then rejects with the signal's reason. */
export async function openDecoder(
  info: VideoInfo,
  selection: Selection,
  signal?: AbortSignal,
): Promise<Decoder> {
  const input = [
    ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'info', '-benchmark'],
    ...inputGuards,
    ...['-threads', String(decoderThreads)],
    // The filters turn the picture, after the choice of frames and not before; and a change of size in
    // mid-stream must not start them anew, for `select` would begin to count again.
    ...['-noautorotate', '-reinit_filter', '0'],
    // The file's own times, so that a frame has the same one after a seek.
    ...['-copyts'],
  ]
  if (selection.seekTo !== undefined) {
    // -seek_timestamp: on the file's own clock. Not accurate: `select` knows the frame better than ffmpeg.
    input.push('-noaccurate_seek', '-seek_timestamp', '1', '-ss', selection.seekTo.toFixed(6))
  }
  const passthrough = (await knowsFpsMode(info.binaries.ffmpeg))
    ? ['-fps_mode', 'passthrough']
    : ['-vsync', '0']
  const output = ['-map', '0:V:0', ...passthrough, '-f', 'rawvideo', '-pix_fmt', 'rgb24']
  if (selection.limit !== undefined) output.push('-frames:v', String(selection.limit))
  const command = ffmpeg(fileUrl(info.path))
    .inputOptions(input)
    .videoFilters(filters(info, selection))
    .outputOptions(output)
    .output('pipe:1')

  const stamps = new Stamps()
  let damage: string | undefined
  const child = startFfmpeg(info.binaries.ffmpeg, command, line => {
    watchdog.heard()
    const stamp = /^(?:\[Eval @ \w+\] )?(-?\d+(?=\.0+$)|-?nan$)/.exec(line)
    if (stamp) stamps.push(Number(stamp[1]))
    else if (stamps.seen && damagePattern.test(line)) damage ??= complaint(line)
  })
  const astray = new AbortController()
  const watchdog = new Watchdog(child.pid, maxBytes, why =>
    astray.abort(new InputError(`Cannot read '${info.path}': ffmpeg ${why}; ${convert}`)),
  )
  const end = anySignal(signal, astray.signal)
  const abort = () => void child.stop()
  end.addEventListener('abort', abort, { once: true })
  if (end.aborted) abort()
  void child.ended.then(() => {
    end.removeEventListener('abort', abort)
    watchdog[Symbol.dispose]()
    stamps.close()
  })

  const chunks: AsyncIterator<Buffer> = child.stdout[Symbol.asyncIterator]()
  let rest: Uint8Array = new Uint8Array(0)
  const more = async () => {
    while (rest.length === 0) {
      const next = await watchdog.during(chunks.next()).catch(error => {
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
      const pts = await watchdog.during(stamps.next())
      end.throwIfAborted()
      return pts
    },
    async finish() {
      const ending = await watchdog.during(child.ended)
      end.throwIfAborted()
      return ending
    },
    get damage() {
      return damage
    },
    ended: child.ended,
    async [Symbol.asyncDispose]() {
      await child.stop()
    },
  }
}

/**
 * Is 0 and prints 0.5, which is nobody's time, every 32 frames: a sign of life from an ffmpeg that decodes
 * an hour between two frames that are wanted.
 */
const heartbeat = 'if(mod(n,32),0,0*print(0.5))'

/**
 * Frames are chosen first, so that only they are turned and converted. Deinterlacing alone comes before,
 * as it looks at a frame's neighbours; it halves the tick, which `settb` undoes. `print` writes the time
 * of each chosen frame to the error output, before its pixels come.
 */
function filters(info: VideoInfo, { select, width, height }: Selection): string[] {
  const { tick, timed } = info.timeline
  const turns = { 0: [], 90: ['transpose=clock'], 180: ['hflip', 'vflip'], 270: ['transpose=cclock'] }
  const matrix = info.matrix === undefined ? '' : `in_color_matrix=${info.matrix}:`
  return [
    ...(info.interlaced ? ['bwdif=mode=send_frame:deint=interlaced'] : []),
    `settb=expr=${tick.num}/${tick.den}`,
    ...(timed ? [] : ['setpts=N']),
    `select='${heartbeat}+(${select})'`,
    "setpts='print(PTS)'",
    ...turns[info.rotation],
    // Without these flags color comes from the nearest chroma sample: ten times as fast (1.5 instead of 16 ms
    // for 1080p), but 5 dB worse at edges of color, which is where players begin.
    `scale=${width}:${height}:${matrix}flags=bicubic+accurate_rnd+full_chroma_int`,
    'format=rgb24',
  ]
}

/**
 * What ffmpeg and its decoders say when a frame was lost or patched up. Their other errors are not about
 * the picture, or are harmless in a recording that was joined in the middle.
 */
const damagePattern =
  /concealing \d+ DC|error while decoding|error submitting (a )?packet to (the )?decoder|error splitting the input|corrupt (decoded frame|input packet)|: invalid data found when processing input|read error/i

/** Times on their way from one pipe, while the pixels come through another. */
class Stamps {
  readonly #queue: number[] = []
  #waiting: ((pts: number | undefined) => void) | undefined
  #closed = false
  seen = false

  push(pts: number): void {
    this.seen = true
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

const fpsMode = new Map<string, Promise<boolean>>()

/** The option was renamed in ffmpeg 5.1, and the old name is on its way out. */
function knowsFpsMode(program: string): Promise<boolean> {
  let known = fpsMode.get(program)
  if (known === undefined) {
    const help = promisify(execFile)(program, ['-hide_banner', '-h', 'long'], { maxBuffer: 1 << 24 })
    // A program that does not even start says so when it is asked to decode.
    known = help.then(
      ({ stdout }) => stdout.includes('-fps_mode'),
      () => false,
    )
    fpsMode.set(program, known)
  }
  return known
}
