import type { CodedStream, Cropping } from './borders.js'
import type { BoundedReader, Range } from './bounded-reader.js'

interface Box extends Range {
  readonly type: string
}

/** Bytes of a VisualSampleEntry, and of QuickTime's image description, before the boxes in it. */
const entryFields = 78

/**
 * The clean aperture (`clap`, ISO 14496-12, 12.1.4) in the first sample entry of a track. QuickTime files have the
 * same box. QuickTime's track aperture (`tapt`) is not read: it has the size on the screen in each of the player's
 * modes, after the pixel aspect ratio, and does not say where in the frame the picture is.
 */
export async function mp4Cropping(
  reader: BoundedReader,
  { id, width, height }: CodedStream,
): Promise<Cropping | undefined> {
  const track = await findTrack(reader, Number(id))
  const descriptions = track && (await find(reader, track, 'mdia', 'minf', 'stbl', 'stsd'))
  if (descriptions === undefined) return undefined
  // Version, flags and the number of entries come first.
  const entries = boxes(reader, { start: descriptions.start + 8, end: descriptions.end })
  const { value: entry } = await entries.next()
  if (entry === undefined) return undefined
  const aperture = await find(reader, { start: entry.start + entryFields, end: entry.end }, 'clap')
  if (aperture === undefined) return undefined
  // The aperture is relative to the size that the entry declares; in frames of another size its place is unknown.
  const size = await reader.read(entry.start + 24, 4)
  if (size.readUInt16BE(0) !== width || size.readUInt16BE(2) !== height) return undefined

  const numbers = await reader.read(aperture.start, 32)
  const fraction = (at: number): Fraction => [
    BigInt(numbers.readInt32BE(at)),
    BigInt(numbers.readInt32BE(at + 4)),
  ]
  const horizontal = margins(width, fraction(0), fraction(16))
  const vertical = margins(height, fraction(8), fraction(24))
  if (horizontal === undefined || vertical === undefined) return undefined
  return { left: horizontal[0], right: horizontal[1], top: vertical[0], bottom: vertical[1] }
}

async function findTrack(reader: BoundedReader, id: number): Promise<Range | undefined> {
  const movie = await find(reader, reader.all, 'moov')
  if (movie === undefined) return undefined
  for await (const box of boxes(reader, movie)) {
    const header = box.type === 'trak' ? await find(reader, box, 'tkhd') : undefined
    if (header === undefined) continue
    // Version 1 has two times of 64 instead of 32 bits before the id.
    const fields = await reader.read(header.start, 24)
    if (fields.readUInt32BE(fields[0] === 1 ? 20 : 12) === id) return box
  }
  return undefined
}

/** Follows a path of types, taking the first box of each. */
async function find(reader: BoundedReader, parent: Range, ...path: string[]): Promise<Range | undefined> {
  const [type, ...rest] = path
  if (type === undefined) return parent
  for await (const box of boxes(reader, parent)) {
    if (box.type === type) return find(reader, box, ...rest)
  }
  return undefined
}

/** The boxes in a range, without their headers. What is in a box is not read, so that `mdat` and tables cost nothing. */
async function* boxes(reader: BoundedReader, parent: Range): AsyncGenerator<Box, undefined> {
  // Up to 4 zero bytes may end a QuickTime image description.
  for (let at = parent.start; at + 8 <= parent.end; ) {
    const header = await reader.read(at, 8)
    const short = header.readUInt32BE(0)
    const extended = short === 1
    const size = extended ? Number((await reader.read(at + 8, 8)).readBigUInt64BE()) : short
    const start = at + (extended ? 16 : 8)
    // 0: the box extends to the end.
    const end = short === 0 ? parent.end : Math.min(at + size, parent.end)
    if (end < start) return
    yield { type: header.toString('latin1', 4, 8), start, end }
    at = end
  }
}

type Fraction = readonly [numerator: bigint, denominator: bigint]

/**
 * Pixels before and after an aperture of which the center is `offset` from that of the frame. Fractions of pixels
 * are rounded as ffmpeg 7.1 does: the first and the last pixel of the aperture are rounded down.
 */
function margins(size: number, [extent, extentUnit]: Fraction, [offset, offsetUnit]: Fraction) {
  if (extent <= 0n || extentUnit <= 0n || offsetUnit <= 0n) return undefined
  const unit = 2n * extentUnit * offsetUnit
  const shift = 2n * offset * extentUnit
  const first = ((BigInt(size) * extentUnit - extent) * offsetUnit + shift) / unit
  const last = ((BigInt(size - 2) * extentUnit + extent) * offsetUnit + shift) / unit
  return [Number(first), size - 1 - Number(last)] as const
}
