import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import type { Binaries } from './ffmpeg-binaries.js'
import { inputGuards } from './untrusted.js'

/** What ffmpeg must know to decode a video stream: all decodings of a video use the same options. */
export interface Readable {
  readonly path: string
  readonly binaries: Binaries
  readonly streamIndex: number
  /** No picture has to wait for a later one. */
  readonly lowDelay: boolean
  /** For ffmpeg's `-hwaccel`; undefined: decoded in software. */
  readonly hwaccel?: string | undefined
}

/** Few, since each thread buffers a frame and the detector needs the other half of the cores. */
export const decoderThreads = Math.max(1, Math.min(4, availableParallelism() >> 1))

/** Of a decoder that runs before the detector. */
export const soleDecoderThreads = Math.min(4, availableParallelism())

/** Workers that one ffmpeg can feed: of 1080p H.264 its threads decode 500 to 800 frames per second. */
export const workersPerDecoder = 8

/** Bound of ffmpeg's resident memory: the largest accepted frames, as many as a decoder and its threads buffer. */
export const maxDecoderBytes = 4 * 2 ** 30

/** Options before the input. */
export async function readingOptions(
  { binaries, lowDelay, hwaccel }: Readable,
  threads = decoderThreads,
): Promise<string[]> {
  const options = await commandLineOptions(binaries.ffmpeg)
  return [
    // repeat: two frames with one time print the same line, which must not be taken together.
    ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'repeat+level+info', '-benchmark'],
    ...inputGuards,
    ...['-threads', String(threads)],
    ...(hwaccel === undefined ? [] : ['-hwaccel', hwaccel]),
    // Our own filters crop and turn the frames, after `select`. A change of size within the stream must not restart
    // the filters, since `select` would count from 0 again.
    ...['-noautorotate', '-reinit_filter', '0'],
    ...(options.includes('-apply_cropping') ? ['-apply_cropping', 'codec'] : []),
    // Keeps the file's own times, so that a frame has the same time after a seek.
    ...['-copyts'],
    // Otherwise a decoder of MPEG-2 drops the picture that it holds back when the size changes.
    ...(lowDelay ? ['-flags', 'low_delay'] : []),
  ]
}

/** Options after the input: the stream, each frame once, and no tags, which ffmpeg would print among its messages. */
export async function mappingOptions({ binaries, streamIndex }: Readable): Promise<string[]> {
  // `-fps_mode` is the name since 5.1 of `-vsync`, which is deprecated.
  const options = await commandLineOptions(binaries.ffmpeg)
  const passthrough = options.includes('-fps_mode') ? ['-fps_mode', 'passthrough'] : ['-vsync', '0']
  const untagged = ['-map_metadata', '-1', '-map_metadata:s', '-1', '-map_chapters', '-1']
  return ['-map', `0:${streamIndex}`, ...passthrough, ...untagged]
}

/** Asks ffmpeg for its options while the video is probed. */
export function prepareReading({ ffmpeg }: Binaries): void {
  void commandLineOptions(ffmpeg)
}

const helpTexts = new Map<string, Promise<string>>()

/** ffmpeg's own list of its options, which tells its version apart. */
function commandLineOptions(program: string): Promise<string> {
  let help = helpTexts.get(program)
  if (help === undefined) {
    const printed = promisify(execFile)(program, ['-hide_banner', '-h', 'long'], { maxBuffer: 1 << 24 })
    // A program that cannot be started is reported when decoding starts.
    help = printed.then(
      ({ stdout }) => stdout,
      () => '',
    )
    helpTexts.set(program, help)
  }
  return help
}
