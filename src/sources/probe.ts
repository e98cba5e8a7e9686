import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import type { InputError } from '../common/errors.js'
import { colorOf, type VideoColor } from './color.js'
import type { Binaries } from './ffmpeg-binaries.js'
import type { FrameTimes, Rational } from './frame-times.js'
import { listPackets, unusable } from './packets.js'
import { maxPixels } from './untrusted.js'

/** Properties of a video, read without decoding it. */
export interface VideoInfo {
  readonly path: string
  readonly sizeBytes: number
  /** Pixels of a frame as shown, after `rotation`. */
  readonly width: number
  readonly height: number
  /** Degrees by which decoded frames must be turned clockwise to stand upright. */
  readonly rotation: 0 | 90 | 180 | 270
  readonly frameRate: Rational
  /** `frameRate` as a number: frames per second, on average. */
  readonly fps: number
  readonly variableFrameRate: boolean
  /** Number of frames in the file, counted. */
  readonly frameCount: number
  /** The end of the file is missing. */
  readonly truncated: boolean
  /** Number of frames that the header of a truncated file declares; otherwise equal to `frameCount`. */
  readonly declaredFrames: number
  readonly durationSeconds: number
  /** Presentation time of the first frame on the file's own clock, which need not begin at 0. */
  readonly startSeconds: number
  readonly codec: string
  readonly pixelFormat: string
  readonly interlaced: boolean
  readonly color: VideoColor
  readonly frameTimes: FrameTimes
  /** Whether a seek finds the exact frame. Other containers do not store a time for each frame, so ffmpeg estimates. */
  readonly seekable: boolean
  readonly binaries: Binaries
}

/**
 * Reads the properties of a video by one run of ffprobe, which lists every packet: the frame count and times come
 * from the packets, not from the header.
 *
 * @throws InputError when the file is not a readable video; the signal's reason when aborted.
 */
export async function probe(path: string, binaries: Binaries, signal?: AbortSignal): Promise<VideoInfo> {
  const sizeBytes = await checkFile(path)
  const { packets, stream, stderr } = await listPackets(path, binaries.ffprobe, signal)
  if (stream === undefined) throw unusable(path, 'it has no video stream; give a file that has one')
  if (packets.length === 0) throw unusable(path, 'its video stream has no frames; copy or export it again')

  const codedWidth = Number(stream.get('width'))
  const codedHeight = Number(stream.get('height'))
  if (codedWidth * codedHeight > maxPixels) throw tooLarge(path, `${codedWidth}x${codedHeight}`)
  if (!(codedWidth > 0 && codedHeight > 0)) {
    // A decoder that rejects the frame as too large does not set its size.
    const refused = /picture size (\d+x\d+) is invalid/i.exec(stderr)?.[1]
    throw refused === undefined
      ? unusable(path, 'its frames have no size; it is damaged')
      : tooLarge(path, refused)
  }
  const rotation = rotationOf(stream)
  const upright = rotation === 0 || rotation === 180
  const tick = rational(stream.get('time_base')) ?? { num: 1, den: 90_000 }
  const nominal = rational(stream.get('avg_frame_rate')) ?? rational(stream.get('r_frame_rate'))
  const frameTimes = packets.build(tick, nominal ?? { num: 25, den: 1 })
  const frameCount = frameTimes.pts.length
  const frameRate = averageRate(frameTimes, nominal)
  const fps = frameRate.num / frameRate.den
  // Demuxers report a missing end only as a message; ffprobe then exits normally.
  const truncated = packets.endsCorrupt || /ended prematurely|partial file/i.test(stderr)
  // In a complete file the index may also count frames that an edit list excludes.
  const indexed = truncated ? Number(stream.get('nb_frames')) || 0 : 0
  return {
    path,
    sizeBytes,
    width: upright ? codedWidth : codedHeight,
    height: upright ? codedHeight : codedWidth,
    rotation,
    frameRate,
    fps,
    variableFrameRate: isVariable(frameTimes),
    frameCount,
    declaredFrames: Math.max(indexed, frameCount),
    truncated,
    durationSeconds:
      ((frameTimes.pts[frameCount - 1]! - frameTimes.pts[0]!) * frameTimes.tick.num) / frameTimes.tick.den +
      1 / fps,
    startSeconds: frameTimes.timed ? (frameTimes.pts[0]! * tick.num) / tick.den : 0,
    codec: stream.get('codec_name') ?? 'unknown',
    pixelFormat: stream.get('pix_fmt') ?? 'unknown',
    interlaced: ['tt', 'bb', 'tb', 'bt'].includes(stream.get('field_order') ?? ''),
    color: colorOf(path, stream),
    frameTimes,
    seekable: frameTimes.timed && /mp4|matroska/.test(stream.get('format_name') ?? ''),
    binaries,
  }
}

function tooLarge(path: string, size: string): InputError {
  return unusable(path, `its frames (${size}) exceed ${maxPixels} pixels; scale it down`)
}

async function checkFile(path: string): Promise<number> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'there is no such file; check the path' : cause.message
    throw unusable(path, why, cause)
  })
  if (found.isDirectory()) throw unusable(path, 'it is a directory; name one video in it')
  // The file is read several times and with seeks, which a pipe does not support.
  if (!found.isFile()) throw unusable(path, 'it is not a regular file; copy the video to one')
  if (found.size === 0) throw unusable(path, 'it is empty; copy or export it again')
  await access(path, constants.R_OK).catch(cause => {
    throw unusable(path, 'it may not be read; check its permissions', cause)
  })
  return found.size
}

function rational(text = ''): Rational | undefined {
  const [num, den] = text.split('/').map(Number)
  return num !== undefined && den !== undefined && num > 0 && den > 0 ? { num, den } : undefined
}

/** The display matrix gives degrees counter-clockwise, the older `rotate` tag clockwise. */
function rotationOf(stream: ReadonlyMap<string, string>): VideoInfo['rotation'] {
  const matrix = stream.get('rotation')
  const clockwise = matrix === undefined ? Number(stream.get('rotate') ?? 0) : -Number(matrix)
  const degrees = ((Math.round(clockwise) % 360) + 360) % 360
  // Only quarter turns are display rotations; other angles describe a tilted camera.
  return degrees === 90 || degrees === 180 || degrees === 270 ? degrees : 0
}

/** The header's rate, which is exact (30000/1001), if the frames' times confirm it; otherwise the measured rate. */
function averageRate({ pts, tick, timed }: FrameTimes, nominal: Rational | undefined): Rational {
  const ticks = pts[pts.length - 1]! - pts[0]!
  if (!timed) return { num: tick.den, den: tick.num }
  if (ticks === 0) return nominal ?? { num: 25, den: 1 }
  const measured = ((pts.length - 1) * tick.den) / (ticks * tick.num)
  // Missing B-frames at the end, or rounding at both ends, change the count by up to three frames.
  const tolerance = Math.max(0.005, 3 / pts.length)
  const confirmed = nominal !== undefined && Math.abs(nominal.num / nominal.den / measured - 1) < tolerance
  return confirmed ? nominal : { num: Math.round(measured * 1000) || 1, den: 1000 }
}

/** Whether the frame rate varies; at a constant rate, rounding to ticks moves each time by at most one tick. */
function isVariable({ pts }: FrameTimes): boolean {
  let shortest = Number.POSITIVE_INFINITY
  let longest = 0
  for (let i = 1; i < pts.length; i++) {
    shortest = Math.min(shortest, pts[i]! - pts[i - 1]!)
    longest = Math.max(longest, pts[i]! - pts[i - 1]!)
  }
  return longest - shortest > Math.max(2, 0.1 * shortest)
}
