import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import type { InputError } from '../common/errors.js'
import { readCropping } from './cropping.js'
import { type DecodedTimes, decodeTimes } from './decode-times.js'
import type { Binaries } from './ffmpeg-binaries.js'
import type { Readable } from './ffmpeg-reading.js'
import { type FrameTimes, frameRateOf, isVariable, type Rational } from './frame-times.js'
import { type Geometry, geometryOf } from './geometry.js'
import { longestGapSeconds, mendTimes, withoutGuesses } from './mend-times.js'
import type { PacketTimes } from './packet-times.js'
import { listPackets, unusable } from './packets.js'
import { chooseStream, type VideoStream } from './streams.js'
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
  /** YUV to RGB conversion matrix; undefined for RGB video. */
  readonly matrix: ColorMatrix | undefined
  readonly frameTimes: FrameTimes
  /** Whether a seek finds the exact frame. Other containers do not store a time for each frame, so ffmpeg estimates. */
  readonly seekable: boolean
  /** What the user should know: which stream is read, which times were mended. */
  readonly notes: readonly string[]
}

export type ColorMatrix = 'bt601' | 'bt709' | 'bt2020' | 'fcc' | 'smpte240m'

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
  const { streams, format, stderr } = await listPackets(path, binaries.ffprobe, signal)
  const choice = chooseStream(streams, videoStream)
  if (choice === undefined) throw unusable(path, 'it has no video stream; give a file that has one')
  const { fields, packets, index: streamIndex } = choice.stream
  if (packets.length === 0) throw unusable(path, 'its video stream has no frames; copy or export it again')
  const geometry = await readGeometry(path, format, choice.stream, stderr)
  const codec = fields.get('codec_name') ?? 'unknown'
  const pixelFormat = fields.get('pix_fmt') ?? 'unknown'

  const tick = rational(fields.get('time_base')) ?? { num: 1, den: 90_000 }
  const nominal = ['avg_frame_rate', 'r_frame_rate']
    .map(name => rational(fields.get(name)))
    .filter(rate => rate !== undefined)
  const readable = {
    path,
    binaries,
    streamIndex,
    lowDelay: /^mpeg[12]video$/.test(codec) && !packets.reordered,
  }
  const longestGap = (longestGapSeconds(format) * tick.den) / tick.num
  const fieldOrder = fields.get('field_order') ?? 'unknown'
  const traits = { codec, fieldOrder, longestGap }
  const known = packets.frameTimes(tick, traits)
  const decoded = known === undefined ? await decodeTimes(readable, signal) : undefined
  const mended = decoded && mendedTimes(decoded, tick, longestGap, packets, nominal[0])
  const frameTimes = known ?? mended!.frameTimes // one of the two was made
  const { pts, clock } = frameTimes

  const frameCount = pts.length
  const frameRate = frameRateOf(frameTimes, nominal)
  const fps = frameRate.num / frameRate.den
  const seconds = tick.num / tick.den
  const lostAt = packets.lostAt(longestGap)
  const lost = lostAt === undefined ? undefined : { what: 'packets are missing', after: lostAt }
  const damage = decoded?.damage ?? lost
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
    damage: damage && `${((damage.after - clock[0]!) * seconds).toFixed(2)} s (${damage.what})`,
    durationSeconds: (pts[frameCount - 1]! - pts[0]!) * seconds + 1 / fps,
    startSeconds: (clock.find(time => !Number.isNaN(time)) ?? 0) * seconds,
    codec,
    pixelFormat,
    fieldOrder,
    mayHaveFields: mayHaveFields(codec, pixelFormat, geometry.codedHeight),
    matrix: matrixOf(fields.get('color_space'), geometry.codedWidth, geometry.codedHeight),
    frameTimes,
    seekable: frameTimes.exact && /mp4|matroska/.test(format),
    notes: [choice.note, mended?.note].filter(note => note !== undefined),
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
  const cropping = await readCropping(path, format, { index, id: fields.get('id'), width, height })
  const geometry = geometryOf(fields, width, height, cropping)
  if (geometry.width * geometry.height > maxPixels)
    throw tooLarge(path, `${geometry.width}x${geometry.height} as shown`)
  return geometry
}

/** Makes usable times of those that a decoder gave, and says what was mended. */
function mendedTimes(
  { clock: all }: DecodedTimes,
  tick: Rational,
  longestGap: number,
  { firstKey, lastDecoding = Number.POSITIVE_INFINITY }: PacketTimes,
  nominal: Rational = { num: 25, den: 1 },
): { readonly frameTimes: FrameTimes; readonly note: string | undefined } {
  const usual = (nominal.den * tick.den) / (nominal.num * tick.num)
  const before =
    firstKey === undefined
      ? 0
      : Math.max(
          0,
          all.findIndex(time => time >= firstKey),
        )
  const clock = withoutGuesses(all.subarray(before), lastDecoding, usual)
  const { times, mended, jumps } = mendTimes(clock, longestGap, usual)
  const what = [
    ...(mended > 0
      ? [`${mended} of ${times.length} frames had no usable time, and got one between their neighbors`]
      : []),
    ...(jumps > 0 ? [`its clock was set ${jumps} times, and times go on without the jump`] : []),
  ]
  return {
    frameTimes: { tick, pts: times, clock, keyframes: new Uint32Array(), exact: false, before },
    note: what.length === 0 ? undefined : `the video's times were mended: ${what.join('; ')}`,
  }
}

/** Codecs without fields. */
const progressiveCodecs = new Set(['vp8', 'vp9', 'av1', 'hevc', 'png', 'gif', 'webp', 'theora'])

/** @param pixelFormat only planar YUV is deinterlaced without a conversion. */
function mayHaveFields(codec: string, pixelFormat: string, height: number): boolean {
  return (
    !progressiveCodecs.has(codec) &&
    /^yuvj?4(20|22|44)p(9|10|12|14|16)?(le)?$/.test(pixelFormat) &&
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

/** For untagged video BT.709 from 1280 columns or 720 lines up, otherwise BT.601, the common convention. */
function matrixOf(colorSpace: string | undefined, width: number, height: number): ColorMatrix | undefined {
  switch (colorSpace) {
    case 'gbr':
    case 'rgb':
      return undefined
    case 'bt709':
    case 'fcc':
    case 'smpte240m':
      return colorSpace
    case 'bt470bg':
    case 'smpte170m':
      return 'bt601'
    case 'bt2020nc':
    case 'bt2020c':
    case 'bt2020_ncl':
    case 'bt2020_cl':
      return 'bt2020'
    default:
      return width >= 1280 || height >= 720 ? 'bt709' : 'bt601'
  }
}
