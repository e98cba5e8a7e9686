import { expected, UsageError } from '../common/errors.js'
import type { PacketTimes } from './packet-times.js'

/** A video stream of a file, cover art excluded. */
export interface VideoStream {
  /** Number of the stream in the file, audio and others counted too, as ffprobe shows it. */
  readonly index: number
  /** Fields of the stream and its side data, named as ffprobe does. */
  readonly fields: ReadonlyMap<string, string>
  readonly packets: PacketTimes
}

/** Chooses the stream to read. */
export interface StreamChoice {
  readonly stream: VideoStream
  /** Tells which stream was taken and how to take another; undefined when there is no other. */
  readonly note: string | undefined
}

const pixelsOf = ({ fields }: VideoStream) => Number(fields.get('width')) * Number(fields.get('height')) || 0

/**
 * Takes the stream with the largest pictures, of equal ones that which is flagged as default. A track of a few
 * pictures beside a video, such as thumbnails of chapters, is not a video.
 *
 * @param wanted index of the stream that the user wants.
 * @throws UsageError when there is no such video stream.
 */
export function chooseStream(
  streams: readonly VideoStream[],
  wanted: number | undefined,
): StreamChoice | undefined {
  const list = streams.map(describe).join(', ')
  if (wanted !== undefined) {
    const stream = streams.find(({ index }) => index === wanted)
    if (stream === undefined) {
      throw new UsageError(expected(`a video stream of the file (${list})`, '--video-stream', wanted))
    }
    return { stream, note: undefined }
  }
  const most = Math.max(0, ...streams.map(({ packets }) => packets.length))
  const isDefault = ({ fields }: VideoStream) => Number(fields.get('default') ?? 0)
  const [stream] = streams
    .filter(({ packets }) => packets.length * 10 >= most)
    .sort((a, b) => pixelsOf(b) - pixelsOf(a) || isDefault(b) - isDefault(a) || a.index - b.index)
  if (stream === undefined) return undefined
  const note =
    streams.length === 1
      ? undefined
      : `the file has ${streams.length} video streams (${list}): stream ${stream.index} is read; --video-stream chooses another`
  return { stream, note }
}

const describe = ({ index, fields }: VideoStream) =>
  `${index}: ${fields.get('codec_name') ?? 'unknown'} ${fields.get('width')}x${fields.get('height')}`
