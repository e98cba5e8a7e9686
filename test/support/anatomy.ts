/** Draws a player as strokes, back to front, in the colors of a kit. */
export type Rgb = readonly [number, number, number]

export interface Kit {
  readonly shirt: Rgb
  readonly shorts: Rgb
  readonly socks: Rgb
  readonly skin: Rgb
  readonly hair: Rgb
}

export const kits = {
  red: {
    shirt: [200, 40, 45],
    shorts: [245, 245, 245],
    socks: [200, 40, 45],
    skin: [205, 160, 130],
    hair: [50, 35, 25],
  },
  white: {
    shirt: [240, 240, 240],
    shorts: [30, 30, 60],
    socks: [240, 240, 240],
    skin: [120, 80, 60],
    hair: [20, 18, 18],
  },
  /** Shorts and socks in a color near that of the pitch: only their shape distinguishes them. */
  green: {
    shirt: [245, 215, 60],
    shorts: [64, 128, 52],
    socks: [64, 128, 52],
    skin: [190, 145, 115],
    hair: [90, 60, 30],
  },
} satisfies Record<string, Kit>

export interface Figure {
  /** Position of the feet, in pixels. */
  readonly x: number
  readonly y: number
  /** Height from head to feet, in pixels. */
  readonly height: number
  /** Phase of the stride, in radians. */
  readonly stride: number
  readonly kit: Kit
}

export type Distance = (x: number, y: number) => number

/** Head, hair, shirt, arms, shorts and two legs, back to front, as signed distances in pixels. */
export function anatomy({ x, y, height: h, stride, kit }: Figure): [Distance, Rgb][] {
  const at = (dx: number, dy: number): [number, number] => [x + dx * h, y - dy * h]
  const swing = Math.sin(stride)
  const limb = (from: [number, number], to: [number, number], r1: number, r2: number) =>
    capsule(...from, ...to, r1 * h, r2 * h)
  const leg = (side: number): [Distance, Rgb][] => {
    const hip = at(0.045 * side, 0.47)
    const knee = at(0.06 * side + 0.09 * swing * side, 0.26)
    const foot = at(0.07 * side + 0.13 * swing * side, 0.04 + 0.05 * Math.max(0, swing * side))
    return [
      [limb(hip, knee, 0.05, 0.035), kit.skin],
      [limb(knee, foot, 0.036, 0.028), kit.socks],
      [limb(foot, [foot[0] + 0.035 * h, foot[1] + 0.012 * h], 0.028, 0.024), [25, 25, 28]],
      [limb(hip, at(0.055 * side + 0.05 * swing * side, 0.36), 0.065, 0.06), kit.shorts],
    ]
  }
  const arm = (side: number): [Distance, Rgb][] => {
    const shoulder = at(0.1 * side, 0.76)
    const elbow = at(0.15 * side - 0.05 * swing, 0.62)
    return [
      [limb(elbow, at(0.14 * side - 0.12 * swing, 0.5), 0.024, 0.02), kit.skin],
      [limb(shoulder, elbow, 0.038, 0.03), kit.shirt],
    ]
  }
  return [
    ...leg(-1),
    ...leg(1),
    ...arm(-1),
    [limb(at(0, 0.74), at(0, 0.5), 0.115, 0.085), kit.shirt],
    ...arm(1),
    [limb(at(0, 0.86), at(0, 0.82), 0.035, 0.035), kit.skin],
    [limb(at(0, 0.925), at(0, 0.91), 0.055, 0.05), kit.skin],
    [limb(at(-0.005, 0.955), at(-0.02, 0.935), 0.042, 0.04), kit.hair],
  ]
}

/** Signed distance to a stroke with a radius from r1 to r2. */
export function capsule(x1: number, y1: number, x2: number, y2: number, r1: number, r2: number): Distance {
  const [dx, dy] = [x2 - x1, y2 - y1]
  const length2 = dx * dx + dy * dy || 1
  return (x, y) => {
    const t = Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / length2))
    return Math.hypot(x - x1 - t * dx, y - y1 - t * dy) - r1 - t * (r2 - r1)
  }
}
