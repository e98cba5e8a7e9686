import type { CodedStream, Cropping } from './borders.js'
import { type BoundedReader, MalformedFile, type Range } from './bounded-reader.js'

/** Element IDs of RFC 9559. */
const ids = {
  segment: 0x18538067,
  seekHead: 0x114d9b74,
  seek: 0x4dbb,
  seekId: 0x53ab,
  seekPosition: 0x53ac,
  cluster: 0x1f43b675,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackType: 0x83,
  codecId: 0x86,
  video: 0xe0,
  pixelWidth: 0xb0,
  pixelHeight: 0xba,
  pixelCropLeft: 0x54cc,
  pixelCropTop: 0x54bb,
  pixelCropRight: 0x54dd,
  pixelCropBottom: 0x54aa,
} as const

/** Video, audio, subtitles and metadata: the types of track of which ffmpeg makes streams. */
const streamTypes = [1, 2, 17, 33]

interface Element extends Range {
  readonly id: number
}

/** The PixelCrop elements (RFC 9559, 5.1.4.1.28) of the track that is the stream. */
export async function matroskaCropping(
  reader: BoundedReader,
  { index, width, height }: CodedStream,
): Promise<Cropping | undefined> {
  const segment = await find(reader, reader.all, ids.segment)
  const tracks = segment && (await findTracks(reader, segment))
  if (tracks === undefined) return undefined
  let streams = 0
  for await (const entry of children(reader, tracks)) {
    if (entry.id !== ids.trackEntry || !(await isStream(reader, entry)) || streams++ < index) continue
    const video = await find(reader, entry, ids.video)
    if (video === undefined) return undefined
    const values = await integers(reader, video)
    // In frames of another size than declared the place of the picture is unknown.
    if (values.get(ids.pixelWidth) !== width || values.get(ids.pixelHeight) !== height) return undefined
    return {
      left: values.get(ids.pixelCropLeft) ?? 0,
      top: values.get(ids.pixelCropTop) ?? 0,
      right: values.get(ids.pixelCropRight) ?? 0,
      bottom: values.get(ids.pixelCropBottom) ?? 0,
    }
  }
  return undefined
}

/** Whether ffmpeg makes a stream of a track. */
async function isStream(reader: BoundedReader, entry: Range): Promise<boolean> {
  const type = (await integers(reader, entry)).get(ids.trackType)
  return (
    type !== undefined && streamTypes.includes(type) && (await find(reader, entry, ids.codecId)) !== undefined
  )
}

/** Tracks come before the first cluster. In the rare file where they do not, a SeekHead before it leads to them. */
async function findTracks(reader: BoundedReader, segment: Range): Promise<Range | undefined> {
  let position: number | undefined
  for await (const element of children(reader, segment)) {
    if (element.id === ids.tracks) return element
    if (element.id === ids.seekHead) position ??= await tracksPosition(reader, element)
    if (element.id === ids.cluster) break
  }
  if (position === undefined) return undefined
  const { value } = await children(reader, { start: segment.start + position, end: segment.end }).next()
  return value?.id === ids.tracks ? value : undefined
}

/** Where Tracks begin in the segment, by its SeekHead. */
async function tracksPosition(reader: BoundedReader, seekHead: Range): Promise<number | undefined> {
  for await (const element of children(reader, seekHead)) {
    const seek = element.id === ids.seek ? await integers(reader, element) : undefined
    if (seek?.get(ids.seekId) === ids.tracks) return seek.get(ids.seekPosition)
  }
  return undefined
}

async function find(reader: BoundedReader, parent: Range, id: number): Promise<Range | undefined> {
  for await (const element of children(reader, parent)) if (element.id === id) return element
  return undefined
}

/** The children that can be unsigned integers, by ID. */
async function integers(reader: BoundedReader, parent: Range): Promise<ReadonlyMap<number, number>> {
  const values = new Map<number, number>()
  for await (const { id, start, end } of children(reader, parent)) {
    if (end - start <= 8) values.set(id, unsigned(await reader.read(start, end - start)))
  }
  return values
}

/** The elements in a range, without their headers; Void elements are among them. */
async function* children(reader: BoundedReader, parent: Range): AsyncGenerator<Element, undefined> {
  for (let at = parent.start; at < parent.end; ) {
    const header = await reader.read(at, Math.min(12, parent.end - at))
    const idLength = vintLength(header, 0)
    const sizeLength = vintLength(header, idLength)
    const start = at + idLength + sizeLength
    // Without the marker bit, unlike IDs.
    const leading = header[idLength]! & (0xff >> sizeLength)
    const size = unsigned(header.subarray(idLength + 1, idLength + sizeLength), leading)
    // An unknown size (RFC 8794, 6.2), for segments and clusters only, has all bits 1: it is beyond the parent's end.
    const end = Math.min(start + size, parent.end)
    yield { id: unsigned(header.subarray(0, idLength)), start, end }
    at = end
  }
}

/** Bytes of a variable-size integer (RFC 8794, 4): one more than the leading zero bits of its first. */
function vintLength(bytes: Buffer, at: number): number {
  const length = Math.clz32(bytes[at] ?? 0) - 23
  if (length > 8 || at + length > bytes.length) throw new MalformedFile()
  return length
}

/** Big-endian, after the `leading` byte. */
function unsigned(bytes: Buffer, leading = 0): number {
  return bytes.reduce((value, byte) => value * 256 + byte, leading)
}
