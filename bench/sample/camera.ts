/**
 * A pinhole camera with a level axis and a shifted lens, so that scale depends on the row alone and a pan is a shift
 * of one wide panorama. Ground coordinates in meters: X along the touchline, Z away from the camera.
 */
export interface Lens {
  /** Pixels at a height of the frame of 1080. */
  readonly focal: number
  readonly horizon: number
  /** Column of X = 0 in the panorama. */
  readonly origin: number
  /** Meters above the ground. */
  readonly up: number
  /** Columns over which the camera pans, and seconds there and back. */
  readonly pan: { readonly range: number; readonly period: number }
  /** How much closer the camera zooms, and seconds there and back. */
  readonly zoom: { readonly most: number; readonly period: number }
}

export const moves = ['static', 'pan', 'zoom'] as const
export type Move = (typeof moves)[number]

/** The part of the panorama that is in the frame: a pixel of the panorama is `scale` pixels of the frame wide. */
export interface View {
  readonly left: number
  readonly top: number
  readonly scale: number
}

/** Rows, columns and scales are those of the panorama, which has the sharpness of the closest view. */
export interface Camera {
  /** Size of a frame. */
  readonly width: number
  readonly height: number
  readonly panoramaWidth: number
  readonly panoramaHeight: number
  /** Columns of the widest view. */
  readonly span: number
  /** Row on which a point on the ground at depth Z lies. */
  row(z: number): number
  /** Depth of the ground on a row. */
  depth(row: number): number
  /** Pixels per meter at depth Z. */
  scale(z: number): number
  column(x: number, z: number): number
  /** The X that lies on a column at depth Z. */
  groundX(column: number, z: number): number
  /** Column at the left edge of the widest view at a time in seconds: whole, so that a pan is a copy. */
  pan(seconds: number): number
  view(seconds: number): View
}

/** @param startPhase phase of the pan and of the zoom at time 0, in radians. */
export function camera(lens: Lens, move: Move, width: number, height: number, startPhase: number): Camera {
  const most = move === 'zoom' ? lens.zoom.most : 1
  const unit = (height / 1080) * most
  const focal = lens.focal * unit
  const horizon = lens.horizon * unit
  const origin = lens.origin * unit
  const range = lens.pan.range * unit
  const span = Math.ceil(width * most)
  const panoramaHeight = Math.ceil(height * most)
  /** From 0, the widest view, to 1 and back; it starts with the first half of that. */
  const closeness = (seconds: number) =>
    (1 - Math.cos(startPhase - 0.9 + (2 * Math.PI * seconds) / lens.zoom.period)) / 2
  // A camera that does not pan looks at the middle.
  const middle = Math.round(range / 2)
  const pan = (seconds: number) =>
    move === 'pan'
      ? Math.round((range / 2) * (1 - Math.cos(startPhase + (2 * Math.PI * seconds) / lens.pan.period)))
      : middle
  return {
    width,
    height,
    panoramaWidth: Math.ceil(span + range),
    panoramaHeight,
    span,
    row: z => horizon + (focal * lens.up) / z,
    depth: row => (focal * lens.up) / (row - horizon),
    scale: z => focal / z,
    column: (x, z) => origin + (focal * x) / z,
    groundX: (column, z) => ((column - origin) * z) / focal,
    pan,
    view(seconds) {
      if (most === 1) return { left: pan(seconds), top: 0, scale: 1 }
      // Zooms by equal factors in equal times.
      const scale = most ** (closeness(seconds) - 1)
      const [wide, high] = [width / scale, height / scale]
      // Towards a point below the middle, where the players are.
      return { left: pan(seconds) + (span - wide) / 2, top: (panoramaHeight - high) * 0.65, scale }
    },
  }
}
