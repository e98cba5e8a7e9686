import type { Cropping } from './cropping.js'

/** How decoded pictures become upright ones with square pixels. */
export interface Geometry {
  /** Pixels of a decoded picture. */
  readonly codedWidth: number
  readonly codedHeight: number
  /** Rows and columns of the decoded picture that are not to be shown. */
  readonly cropping: Cropping | undefined
  /** Rows and columns are exchanged first, then each direction is reversed where wanted. */
  readonly orientation: Orientation
  /** Pixels of a picture as shown. */
  readonly width: number
  readonly height: number
}

export interface Orientation {
  readonly transposed: boolean
  readonly mirrored: boolean
  readonly flipped: boolean
}

/** @param fields of the stream, named as ffprobe does. */
export function geometryOf(
  fields: ReadonlyMap<string, string>,
  codedWidth: number,
  codedHeight: number,
  cropping: Cropping | undefined,
): Geometry {
  const { left = 0, right = 0, top = 0, bottom = 0 } = cropping ?? {}
  // The height is kept, as players do: all rows of the picture remain.
  const wide = Math.max(1, Math.round((codedWidth - left - right) * pixelAspect(fields)))
  const high = codedHeight - top - bottom
  const orientation = orientationOf(fields)
  const [width, height] = orientation.transposed ? [high, wide] : [wide, high]
  return { codedWidth, codedHeight, cropping, orientation, width, height }
}

/** Width of a pixel divided by its height; 1 where the file has none or one that cannot be meant. */
function pixelAspect(fields: ReadonlyMap<string, string>): number {
  const [wide, high] = (fields.get('sample_aspect_ratio') ?? '').split(':').map(Number)
  const aspect = (wide ?? Number.NaN) / (high ?? Number.NaN)
  return aspect >= 0.25 && aspect <= 4 ? aspect : 1
}

/**
 * The display matrix maps (x, y) to (a·x + c·y, b·x + d·y) (ISO/IEC 14496-12, 8.3.2.3). Matrices that are not one
 * of the eight quarter turns and reflections describe a tilted camera and are ignored.
 */
function orientationOf(fields: ReadonlyMap<string, string>): Orientation {
  const [a = 1, b = 0, , c = 0, d = 1] = matrixOf(fields)
  const isZero = (value: number) => Math.abs(value) < 1e-3 * Math.max(Math.abs(a), Math.abs(b))
  if (isZero(b) && isZero(c)) return { transposed: false, mirrored: a < 0, flipped: d < 0 }
  if (isZero(a) && isZero(d)) return { transposed: true, mirrored: c < 0, flipped: b < 0 }
  return { transposed: false, mirrored: false, flipped: false }
}

/** The nine values of the display matrix, or those of the older tag `rotate`, in degrees clockwise. */
function matrixOf(fields: ReadonlyMap<string, string>): number[] {
  const dump = fields.get('displaymatrix')
  if (dump !== undefined) {
    const rows = dump.split(/\\n|\n/).filter(row => row.includes(':'))
    return rows.flatMap(row =>
      row
        .slice(row.indexOf(':') + 1)
        .trim()
        .split(/\s+/)
        .map(Number),
    )
  }
  const degrees = Number(fields.get('rotate') ?? 0)
  const turns = degrees % 90 === 0 ? (degrees / 90) & 3 : 0
  const [cos, sin] = [[1, 0] as const, [0, 1] as const, [-1, 0] as const, [0, -1] as const][turns]!
  return [cos, sin, 0, -sin, cos, 0, 0, 0, 1]
}

/** ffmpeg's filter that crops a decoded picture. */
export function croppingFilters({ codedWidth, codedHeight, cropping }: Geometry): string[] {
  if (cropping === undefined) return []
  const { left, top, right, bottom } = cropping
  return [`crop=${codedWidth - left - right}:${codedHeight - top - bottom}:${left}:${top}:exact=1`]
}

/** ffmpeg's filters that turn a picture upright. */
export function orientationFilters({ transposed, mirrored, flipped }: Orientation): string[] {
  if (transposed) {
    // transpose: 0 exchanges rows and columns and flips, so each of its directions is another combination.
    const direction = mirrored ? (flipped ? 'clock_flip' : 'clock') : flipped ? 'cclock' : 'cclock_flip'
    return [`transpose=${direction}`]
  }
  return [...(mirrored ? ['hflip'] : []), ...(flipped ? ['vflip'] : [])]
}
