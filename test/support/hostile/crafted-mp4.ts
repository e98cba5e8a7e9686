/** Values in the headers of an MP4, independent of its content. */
export interface Claims {
  readonly width?: number
  readonly height?: number
  readonly frames?: number
  /** Time between two frames, in 1/25 s. */
  readonly ticks?: number
  /** Number of video tracks, all equal. */
  readonly tracks?: number
  /** Another file with the pictures, as in QuickTime. */
  readonly elsewhere?: string
  /** Entry in the edit list: start of the video in the time of the track. */
  readonly start?: number
}

const u16 = (...values: number[]) => {
  const bytes = Buffer.alloc(2 * values.length)
  values.forEach((value, i) => {
    bytes.writeUInt16BE(value, 2 * i)
  })
  return bytes
}

const u32 = (...values: number[]) => {
  const bytes = Buffer.alloc(4 * values.length)
  values.forEach((value, i) => {
    bytes.writeUInt32BE(value >>> 0, 4 * i)
  })
  return bytes
}

const text = (value: string) => Buffer.from(value, 'latin1')

const box = (type: string, ...content: Buffer[]) => {
  const size = content.reduce((sum, { length }) => sum + length, 8)
  return Buffer.concat([u32(size), text(type), ...content])
}

const unitMatrix = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)

/** Position of the picture in the file: after `ftyp` and the head of `mdat`. */
export const pictureAt = 24 + 8

/** A Motion JPEG video with the same `picture` in every frame; boxes as in ISO/IEC 14496-12. */
export function craftMp4(picture: Buffer, claims: Claims = {}): Buffer {
  const { width = 64, height = 64, frames = 10, ticks = 1, tracks = 1 } = claims
  // A list of positions, one per frame; only one for very many frames, which would need a large file.
  const places = frames <= 1000 ? new Array<number>(frames).fill(pictureAt) : [pictureAt]
  const table = box(
    'stbl',
    box(
      'stsd',
      u32(0, 1),
      box(
        'jpeg',
        ...[u32(0), u16(0, 1), u32(0, 0, 0, 0), u16(width, height), u32(0x480000, 0x480000, 0), u16(1)],
        ...[Buffer.alloc(32), u16(24, 0xffff)],
      ),
    ),
    box('stts', u32(0, 1, frames, ticks)),
    box('stsc', u32(0, 1, 1, frames / places.length, 1)),
    box('stsz', u32(0, picture.length, frames)),
    box('stco', u32(0, places.length, ...places)),
  )
  const reference = claims.elsewhere === undefined ? box('url ', u32(1)) : alias(claims.elsewhere)
  const media = box(
    'mdia',
    box('mdhd', u32(0, 0, 0, 25, frames * ticks), u16(0x55c4, 0)),
    box('hdlr', u32(0, 0), text('vide'), u32(0, 0, 0), text('v\0')),
    box('minf', box('vmhd', u32(1, 0, 0)), box('dinf', box('dref', u32(0, 1), reference)), table),
  )
  const edits =
    claims.start === undefined ? [] : [box('edts', box('elst', u32(0, 1, 1000, claims.start, 0x10000)))]
  const track = (id: number) => {
    const size = u32(width << 16, height << 16)
    return box(
      'trak',
      box('tkhd', u32(3, 0, 0, id, 0, 1000, 0, 0), u16(0, 0, 0, 0), unitMatrix, size),
      ...edits,
      media,
    )
  }
  const header = box(
    'mvhd',
    ...[
      u32(0, 0, 0, 1000, 1000, 0x10000),
      u16(0x100, 0),
      u32(0, 0),
      unitMatrix,
      u32(0, 0, 0, 0, 0, 0, tracks + 1),
    ],
  )
  return Buffer.concat([
    box('ftyp', text('qt  '), u32(512), text('qt  isom')),
    box('mdat', picture),
    box('moov', header, ...Array.from({ length: tracks }, (_, i) => track(i + 1))),
  ])
}

/** A data reference to another file, by its absolute path (an alias record of the classic Mac OS). */
function alias(path: string): Buffer {
  const padded = Buffer.concat([text(path), Buffer.alloc(path.length % 2)])
  const record = [Buffer.alloc(10 + 28 + 12 + 64 + 16), u16(0xffff, 0xffff), Buffer.alloc(16)]
  return box('alis', u32(0), ...record, u16(2, path.length), padded, u16(0xffff, 0), Buffer.alloc(64))
}
