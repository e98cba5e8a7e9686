/**
 * A pinhole camera 13 m above the ground with a level axis and a shifted lens, so that scale depends on the
 * row alone and a pan is a shift of one wide panorama. Ground coordinates in meters: X along the touchline
 * from the halfway line, Z away from the camera.
 */
const focalAt1080 = 3267
const heightAboveGround = 13
const horizonAt1080 = -103
const halfwayLineAt1080 = 700
const panAt1080 = 900
const panPeriod = 40

export interface Camera {
  /** Size of a frame. */
  readonly width: number
  readonly height: number
  readonly panoramaWidth: number
  /** Row of the panorama and of the frame on which a point on the ground at depth Z lies. */
  row(z: number): number
  /** Depth of the ground on a row. */
  depth(row: number): number
  /** Pixels per meter at depth Z. */
  scale(z: number): number
  /** Column of the panorama. */
  column(x: number, z: number): number
  /** The X that lies on a column of the panorama at depth Z. */
  groundX(column: number, z: number): number
  /** Column of the panorama at the left edge of the frame at a time in seconds: whole, so that a pan is a copy. */
  pan(seconds: number): number
}

/** @param startPhase phase of the pan at time 0, in radians. */
export function camera(width: number, height: number, startPhase: number): Camera {
  const zoom = height / 1080
  const focal = focalAt1080 * zoom
  const horizon = horizonAt1080 * zoom
  const halfway = halfwayLineAt1080 * zoom
  const range = panAt1080 * zoom
  return {
    width,
    height,
    panoramaWidth: Math.ceil(width + range),
    row: z => horizon + (focal * heightAboveGround) / z,
    depth: row => (focal * heightAboveGround) / (row - horizon),
    scale: z => focal / z,
    column: (x, z) => halfway + (focal * x) / z,
    groundX: (column, z) => ((column - halfway) * z) / focal,
    pan: seconds =>
      Math.round((range / 2) * (1 - Math.cos(startPhase + (2 * Math.PI * seconds) / panPeriod))),
  }
}

/** Brightness of the ground, 0 to 1: the far side is in the shadow of a stand. */
export function daylight(x: number, z: number): number {
  const t = Math.min(1, Math.max(0, (74 + 0.12 * x - z) / 1.6 + 0.5))
  return 0.6 + 0.4 * t * t * (3 - 2 * t)
}
