import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import type { InputError } from '../common/errors.js'
import type { Encoding } from '../types.js'
import { colorOf, type VideoColor } from './color.js'
import { countFrames } from './count-frames.js'
import { readCropping } from './cropping.js'
import { encodingOf } from './encoding.js'
import type { Binaries } from './ffmpeg-binaries.js'
import type { Readable } from './ffmpeg-reading.js'
import { type FrameTimes, frameRateOf, isVariable, type Rational } from './frame-times.js'
import { type Geometry, geometryOf } from './geometry.js'
import { longestGapSeconds } from './mend-times.js'
import { listPackets, unusable } from './packets.js'
import { chooseStream, type VideoStream } from './streams.js'
import { unreadNotes } from './unread.js'
import { maxPixels } from './untrusted.js'

/** Properties of a video. */
export interface VideoInfo extends Readable {
  readonly sizeBytes: number
  /** Pixels of a frame as shown: upright, cropped, with square pixels. */
  readonly width: number
  readonly height: number
  readonly geometry: Geometry
  readonly frameRate: Rational
  /** `frameRate` as a number: frames per second, by the usual interval. */
  readonly fps: number
  readonly variableFrameRate: boolean
  /** Number of frames in the file, as a decoder gives them. */
  readonly frameCount: number
  /** The end of the file is missing. */
  readonly truncated: boolean
  /** Number of frames that the header of a truncated file declares; otherwise equal to `frameCount`. */
  readonly declaredFrames: number
  /** When and what is damaged, if that was found before the frames are read. */
  readonly damage: string | undefined
  readonly durationSeconds: number
  /** Presentation time of the first frame on the file's own clock, which need not begin at 0. */
  readonly startSeconds: number
  readonly codec: string
  readonly pixelFormat: string
  /** As the header says, in ffprobe's words: `progressive`, `tt`, … or `unknown`. */
  readonly fieldOrder: string
  /** Whatever the header says, frames may be made of two fields of different times; the decoder flags them. */
  readonly mayHaveFields: boolean
  readonly color: VideoColor
  /** Of the frames as they are given. */
  readonly encoding: Encoding
  readonly frameTimes: FrameTimes
  /** Whether a seek finds the exact frame. Other containers do not store a time for each frame, so ffmpeg estimates. */
  readonly seekable: boolean
  /** What the user should know: which stream is read, which times were mended. */
  readonly notes: readonly string[]
}

export interface ProbeOptions {
  /** Number of the video stream to read, as ffprobe shows it. Default: the largest. */
  readonly videoStream?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads the properties of a video by one run of ffprobe, which lists every packet: the frames' count and times come
 * from the packets, not from the header. Where packets do not tell them, the video is decoded once.
 *
 * @throws InputError when the file is not a readable video; UsageError when it has no such stream; the signal's
 * reason when aborted.
 */
export async function probe(
  path: string,
  binaries: Binaries,
  { videoStream, signal }: ProbeOptions = {},
): Promise<VideoInfo> {
  const sizeBytes = await checkFile(path)
  const listing = await listPackets(path, binaries.ffprobe, signal)
  const { streams, format, stderr } = listing
  const choice = chooseStream(streams, videoStream)
  if (choice === undefined) throw unusable(path, 'it has no video stream; give a file that has one')
  const { fields, packets, index: streamIndex } = choice.stream
  if (packets.length === 0) throw unusable(path, 'its video stream has no frames; copy or export it again')
  const geometry = await readGeometry(path, format, choice.stream, stderr)
  const color = colorOf(path, fields)
  const codec = fields.get('codec_name') ?? 'unknown'
  const pixelFormat = fields.get('pix_fmt') ?? 'unknown'

  const tick = rational(fields.get('time_base')) ?? { num: 1, den: 90_000 }
  const nominal = ['avg_frame_rate', 'r_frame_rate']
    .map(name => rational(fields.get(name)))
    .filter(rate => rate !== undefined)
  const readable = { path, binaries, streamIndex, lowDelay: packets.inOrder(fields) }
  const longestGap = (longestGapSeconds(format) * tick.den) / tick.num
  const fieldOrder = fields.get('field_order') ?? 'unknown'
  const known = packets.frameTimes(tick, longestGap, fields)
  const streamClock = { tick, longestGap, nominal: nominal[0] ?? { num: 25, den: 1 } }
  const { frameTimes, ...found } = known
    ? { frameTimes: known }
    : await countFrames(readable, packets, streamClock, signal)
  const { pts, clock } = frameTimes

  const frameCount = pts.length
  const frameRate = frameRateOf(frameTimes, nominal)
  const fps = frameRate.num / frameRate.den
  const seconds = tick.num / tick.den
  const lostAt = packets.lostAt(longestGap)
  const lost = lostAt === undefined ? undefined : { what: 'packets are missing', after: lostAt }
  // The messages of ffprobe and its packets come by two pipes: a gap tells better when it was.
  const complaint = listing.complaint && {
    what: listing.complaint.what,
    after: packets.firstGap() ?? listing.complaint.after,
  }
  const damage = found.damage ?? complaint ?? lost
  const unread = unreadNotes(listing, choice.stream, frameTimes, sizeBytes)
  const notes = [choice.note, ...unread, found.note].filter(note => note !== undefined)
  // Demuxers report a missing end only as a message; ffprobe then exits normally.
  const truncated = packets.endsIncomplete || /ended prematurely|partial file/i.test(stderr)
  // In a complete file the index may also count frames that an edit list excludes.
  const indexed = truncated ? Number(fields.get('nb_frames')) || 0 : 0
  return {
    ...readable,
    sizeBytes,
    width: geometry.width,
    height: geometry.height,
    geometry,
    frameRate,
    fps,
    variableFrameRate: isVariable(frameTimes),
    frameCount,
    declaredFrames: Math.max(indexed, frameCount),
    truncated,
    damage:
      damage && `${Math.max(0, (damage.after - clock[0]!) * seconds || 0).toFixed(2)} s (${damage.what})`,
    durationSeconds: (pts[frameCount - 1]! - pts[0]!) * seconds + 1 / fps,
    startSeconds: (clock.find(time => !Number.isNaN(time)) ?? 0) * seconds,
    codec,
    pixelFormat,
    fieldOrder,
    mayHaveFields: mayHaveFields(codec, pixelFormat, geometry.codedHeight),
    color,
    encoding: encodingOf(fields, color, geometry),
    frameTimes,
    seekable: frameTimes.exact && /mp4|matroska/.test(format),
    notes,
  }
}

async function readGeometry(
  path: string,
  format: string,
  { index, fields }: VideoStream,
  stderr: string,
): Promise<Geometry> {
  const [width, height] = [Number(fields.get('width')), Number(fields.get('height'))]
  if (width * height > maxPixels) throw tooLarge(path, `${width}x${height}`)
  if (!(width > 0 && height > 0)) {
    // A decoder that rejects the frame as too large does not set its size.
    const refused = /picture size (\d+x\d+) is invalid/i.exec(stderr)?.[1]
    throw refused === undefined
      ? unusable(path, 'its frames have no size; it is damaged')
      : tooLarge(path, refused)
  }
  const cropping = await readCropping(path, format, { index, id: fields.get('id'), width, height }).catch(
    (cause: Error) => {
      throw unusable(path, cause.message, cause)
    },
  )
  const geometry = geometryOf(fields, width, height, cropping)
  if (geometry.width * geometry.height > maxPixels)
    throw tooLarge(path, `${geometry.width}x${geometry.height} as shown`)
  return geometry
}

/** Codecs without fields. */
const progressiveCodecs = new Set(['vp8', 'vp9', 'av1', 'hevc', 'png', 'gif', 'webp', 'theora'])

/** @param pixelFormat of YUV; fields in RGB are unknown, and their frames would have to be converted. */
function mayHaveFields(codec: string, pixelFormat: string, height: number): boolean {
  return (
    !progressiveCodecs.has(codec) &&
    /^(yuv[aj]?4\d\dp|nv12|nv21|uyvy422|yuyv422)/.test(pixelFormat) &&
    height >= 16
  )
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
