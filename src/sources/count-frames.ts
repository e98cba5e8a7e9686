import ffmpeg from 'fluent-ffmpeg'
import { InputError } from '../common/errors.js'
import { DecodingLog, type Finding } from './decoding-log.js'
import { startFfmpeg } from './ffmpeg.js'
import {
  mappingOptions,
  maxDecoderBytes,
  type Readable,
  readingOptions,
  soleDecoderThreads,
} from './ffmpeg-reading.js'
import type { FrameTimes, Rational } from './frame-times.js'
import { mendTimes, withoutGuesses } from './mend-times.js'
import { Float64List, type PacketTimes } from './packet-times.js'
import { conversionAdvice, fileUrl } from './untrusted.js'
import { Watchdog } from './watchdog.js'

/** What is known of the clock of a video stream. */
export interface StreamClock {
  readonly tick: Rational
  /** Ticks; a longer interval is a jump of the clock. */
  readonly longestGap: number
  /** Frames per second, for frames without times. */
  readonly nominal: Rational
}

/** The frames that a decoder gives, and what it said. */
export interface CountedFrames {
  readonly frameTimes: FrameTimes
  readonly damage?: Finding | undefined
  /** What was mended. */
  readonly note?: string | undefined
}

/** The error for a video of which ffmpeg cannot decode a frame. */
export const noFrame = (path: string, reason: string): InputError =>
  new InputError(
    `Cannot read '${path}': no frame can be decoded (${reason}); check that it plays, or try another ffmpeg`,
  )

/**
 * Counts the frames of a stream by decoding all of it; no picture leaves ffmpeg. Times that are of no use are mended.
 *
 * @throws InputError when no frame can be decoded; the signal's reason when aborted.
 */
export async function countFrames(
  video: Readable,
  packets: PacketTimes,
  { tick, longestGap, nominal }: StreamClock,
  signal?: AbortSignal,
): Promise<CountedFrames> {
  const { clock: all, damage } = await decodeClock(video, signal)
  const {
    firstKey = Number.NEGATIVE_INFINITY,
    lastDecoding = Number.POSITIVE_INFINITY,
    decodingTimes,
  } = packets
  const before = Math.max(
    0,
    all.findIndex(time => !(time < firstKey)),
  )
  const usual = (nominal.den * tick.den) / (nominal.num * tick.num)
  const given = decodingTimes?.length === all.length ? decodingTimes : all
  const clock = withoutGuesses(given.subarray(before), lastDecoding, usual)
  const { times, mended, jumps } = mendTimes(clock, longestGap, usual)
  const what = []
  if (mended > 0)
    what.push(`${mended} of ${times.length} frames had no usable time, and got one between their neighbors`)
  if (jumps > 0)
    what.push(
      `its clock was set ${jumps === 1 ? 'once' : `${jumps} times`}, and times go on without the jump`,
    )
  return {
    frameTimes: { tick, pts: times, clock, keyframes: new Uint32Array(), exact: false, before },
    damage,
    note: what.length === 0 ? undefined : `the video's times were mended: ${what.join('; ')}`,
  }
}

/** The time of each decoded frame in ticks, NaN where it has none, in the order of decoding. */
async function decodeClock(
  video: Readable,
  signal?: AbortSignal,
): Promise<{ readonly clock: Float64Array; readonly damage: Finding | undefined }> {
  const times = new Float64List()
  const log = new DecodingLog(id => times.push(id))
  const command = ffmpeg(fileUrl(video.path))
    .inputOptions(await readingOptions(video, soleDecoderThreads))
    .videoFilters([log.filter('pts', '0')])
    .outputOptions([...(await mappingOptions(video)), '-f', 'null'])
    .output('pipe:1')
  const child = startFfmpeg(video.binaries.ffmpeg, command, undefined, line => {
    watchdog.progressed()
    log.take(line)
  })
  let failure: string | undefined
  const stop = () => void child.stop()
  using watchdog = new Watchdog(child.pid, maxDecoderBytes, why => {
    failure = why
    stop()
  })
  signal?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted) stop()
  child.stdout.resume()
  const { reason } = await watchdog.watch(child.ended)
  signal?.removeEventListener('abort', stop)
  signal?.throwIfAborted()
  if (failure !== undefined) {
    throw new InputError(`Cannot read '${video.path}': ffmpeg ${failure}; ${conversionAdvice}`)
  }
  if (times.length === 0) {
    throw noFrame(video.path, reason)
  }
  return { clock: times.toArray(), damage: log.damage }
}
