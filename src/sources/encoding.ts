import type { Encoding } from '../types.js'
import { rgbPlanes } from '../vision/imaging/planes.js'
import { isConverted, type VideoColor } from './color.js'
import type { Geometry } from './geometry.js'

/**
 * How the frames of a video are given: as they are stored, in 8 bits, with the chroma that they have, so that nothing is
 * converted that no step needs; converted frames in planes of green, blue and red.
 *
 * @param fields of the stream, named as ffprobe does.
 */
export function encodingOf(
  fields: ReadonlyMap<string, string>,
  color: VideoColor,
  { cropping, orientation: { transposed, mirrored, flipped } }: Geometry,
): Encoding {
  if (color.matrix === undefined || isConverted(color)) return rgbPlanes
  const format = fields.get('pix_fmt') ?? ''
  const stored = storedChroma(format)
  const place = placeOf(fields.get('chroma_location'))
  // Cropping by an odd number of columns leaves a first sample that belongs to a column that is gone.
  const left = stored.columns === 2 ? place.x - ((cropping?.left ?? 0) % 2) : 0
  const top = stored.rows === 2 ? place.y - ((cropping?.top ?? 0) % 2) : 0
  const [x, y] = transposed ? [top, left] : [left, top]
  const { columns, rows } = transposed ? { columns: stored.rows, rows: stored.columns } : stored
  const turned = (from: number, step: number, isReversed: boolean) => (isReversed ? step - 1 - from : from)
  return {
    matrix: color.matrix,
    fullRange: color.fullRange || format.startsWith('yuvj'),
    chroma: { columns, rows, x: turned(x, columns, mirrored), y: turned(y, rows, flipped) },
  }
}

/** Chroma as a video stores it; less than 4:2:0 is doubled. */
function storedChroma(format: string): Pick<Encoding['chroma'], 'columns' | 'rows'> {
  if (/444|nv24|nv42|p4\d\d/.test(format)) return { columns: 1, rows: 1 }
  if (/422|411|nv16|nv61|p2\d\d/.test(format)) return { columns: 2, rows: 1 }
  return { columns: format.includes('440') ? 1 : 2, rows: 2 }
}

/** Place of the first sample of 4:2:0, in pixels: by default at the left, as in MPEG-2, H.264 and HEVC. */
function placeOf(location = 'left'): { readonly x: number; readonly y: number } {
  const x = /left/.test(location) || !/center|top|bottom/.test(location) ? 0 : 0.5
  return { x, y: location.startsWith('top') ? 0 : location.startsWith('bottom') ? 1 : 0.5 }
}

/** ffmpeg's name of the format of the frames. @param pixelFormat of the video. */
export function frameFormat({ matrix, chroma: { columns, rows } }: Encoding, pixelFormat: string): string {
  if (matrix === 'rgb') return 'gbrp'
  const family = pixelFormat.startsWith('yuvj') ? 'yuvj' : 'yuv'
  const sampling = columns === 1 ? (rows === 1 ? '444' : '440') : rows === 1 ? '422' : '420'
  return `${family}${sampling}p`
}
