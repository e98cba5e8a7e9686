import type { CodedStream, Cropping } from './borders.js'
import { type BoundedReader, MalformedFile } from './bounded-reader.js'

/** First bytes of the keys of the header partition and of the sets in its metadata (SMPTE ST 377-1). */
const headerPartition = Buffer.from('060e2b34020501010d0102010102', 'hex')
const metadataSet = Buffer.from('060e2b34025301010d0101010101', 'hex')

/** In the middle of the keys of essence, which follows the metadata (ST 379-1). */
const essence = Buffer.from('0d0103', 'hex')

/** Byte 14 of the key of a picture descriptor: generic, CDCI (YUV), RGBA, MPEG. */
const pictureSets = [0x27, 0x28, 0x29, 0x51]

/** Local tags of a picture descriptor (ST 377-1). */
const tags = {
  storedHeight: 0x3202,
  storedWidth: 0x3203,
  sampledHeight: 0x3204,
  sampledWidth: 0x3205,
  sampledXOffset: 0x3206,
  sampledYOffset: 0x3207,
  displayHeight: 0x3208,
  displayWidth: 0x3209,
  displayXOffset: 0x320a,
  displayYOffset: 0x320b,
} as const

/** Bytes that may come before the header partition (ST 377-1). */
const maxRunIn = 2 ** 16

/** Coded frames are padded to macroblocks, of two fields. */
const padding = 32

/**
 * The display rectangle of the picture descriptor. In D-10 (IMX) files it leaves out the lines of the vertical
 * blanking interval at the top of a frame of 608 or 512 rows, which ffmpeg decodes in every version.
 */
export async function mxfCropping(
  reader: BoundedReader,
  { width, height }: CodedStream,
): Promise<Cropping | undefined> {
  for await (const values of pictureDescriptors(reader)) {
    const stored = { width: values.get(tags.storedWidth) ?? 0, height: values.get(tags.storedHeight) ?? 0 }
    // Of separate fields the descriptor has the height of one. Not all writers set the layout right.
    const rows = [1, 2].find(count => isPadded(stored.height * count, height))
    if (rows === undefined || !isPadded(stored.width, width)) continue
    const value = (tag: number, otherwise = 0) => values.get(tag) ?? otherwise
    // Sampled within stored, displayed within sampled; each is all of the other unless declared.
    const left = value(tags.sampledXOffset) + value(tags.displayXOffset)
    const top = value(tags.sampledYOffset) + value(tags.displayYOffset)
    const displayWidth = value(tags.displayWidth, value(tags.sampledWidth, stored.width))
    const displayHeight = value(tags.displayHeight, value(tags.sampledHeight, stored.height))
    // The display rectangle may have padding in it that the decoder removes.
    const right = Math.max(0, width - left - displayWidth)
    const bottom = Math.max(0, height - rows * (top + displayHeight))
    return { left, top: rows * top, right, bottom }
  }
  return undefined
}

/** Whether a stored size can be that of a decoded frame. */
function isPadded(stored: number, decoded: number): boolean {
  return stored >= decoded && stored < decoded + padding
}

/** The picture descriptors in the header partition, as 32-bit values by local tag. */
async function* pictureDescriptors(reader: BoundedReader): AsyncGenerator<ReadonlyMap<number, number>> {
  const { end } = reader.all
  const runIn = (await reader.read(0, Math.min(end, maxRunIn))).indexOf(headerPartition)
  if (runIn < 0) return
  for (let at = runIn; at < end; ) {
    const header = await reader.read(at, Math.min(25, end - at))
    if (header.length < 25 || header.subarray(8, 11).equals(essence)) return
    // The length (ST 336, BER): short in one byte, or the number of bytes that have it.
    const first = header[16]!
    const bytes = first < 0x80 ? 0 : first & 0x7f
    if (bytes > 8) throw new MalformedFile()
    const length =
      bytes === 0 ? first : header.subarray(17, 17 + bytes).reduce((sum, byte) => sum * 256 + byte, 0)
    const start = at + 17 + bytes
    if (header.subarray(0, 14).equals(metadataSet) && pictureSets.includes(header[14]!)) {
      yield integers(await reader.read(start, length))
    }
    at = start + length
  }
}

/** The values of a local set, each with a tag and a length of 2 bytes. */
function integers(set: Buffer): ReadonlyMap<number, number> {
  const values = new Map<number, number>()
  for (let at = 0; at + 4 <= set.length; ) {
    const length = set.readUInt16BE(at + 2)
    if (length === 4 && at + 8 <= set.length) values.set(set.readUInt16BE(at), set.readInt32BE(at + 4))
    at += 4 + length
  }
  return values
}
