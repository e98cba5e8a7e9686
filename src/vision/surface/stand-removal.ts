import type { Colors } from './colors.js'

/** Luma and two differences of color. */
type Color = readonly [number, number, number]

/** Columns at either side of the crop, as a share of its width, that show what stands behind the player. */
const margin = 0.1
/** Rows without grass at the side, as a share of the height, from which on they are hoarding or crowd. */
const minRows = 0.06
/** Rows above and below over which a hoarding's color is taken. */
const halfRows = 1
/** Differences of color, 8-bit levels, below which a pixel is that of the hoarding beside it. */
const alike = 30
/** Within this part of the silhouette the player is sure to be, however alike a shirt and a hoarding are. */
const inner = 0.6
/**
 * Half the width of an upright player who may swing the arms, by height from the head down; both as shares of the
 * player's height (proportions after Drillis and Contini 1966: the head is 0.13 high, the shoulders are 0.26 wide).
 */
const silhouette = [
  [0, 0.05],
  [0.03, 0.075],
  [0.12, 0.07],
  [0.17, 0.15],
  [0.3, 0.2],
  [0.55, 0.19],
  [1, 0.25],
] as const

/**
 * Clears hoarding and crowd behind a player near the touchline: where, from the top of the crop down, neither
 * side shows grass. There, what is like the sides in the same row goes, and what an upright player of the crop's height does
 * not reach: a crowd has every color, so that only shape tells it apart.
 * @param mask 255 where it is not grass.
 */
export function eraseStands(mask: Uint8Array, colors: Colors): void {
  const { width, height } = colors
  const strip = Math.max(2, Math.round(margin * width))
  const left = rowsWithoutGrass(mask, width, height, 0, 2)
  const right = rowsWithoutGrass(mask, width, height, width - 2, width)
  if (Math.min(left, right) < minRows * height) return
  const horizon = (x: number) => left + ((right - left) * x) / width
  const centre = centreBelow(mask, width, height, Math.ceil(Math.max(left, right)))

  for (let y = 0; y < Math.max(left, right); y++) {
    const reach = halfWidth(y / height) * height
    const sides = [
      sideColor(colors, y, 0, Math.min(strip, Math.floor(centre - reach))),
      sideColor(colors, y, Math.max(width - strip, Math.ceil(centre + reach)), width),
    ]
    for (let x = 0; x < width; x++) {
      if (y >= horizon(x)) continue
      const i = y * width + x
      const off = Math.abs(x - centre)
      if (
        off > reach ||
        (off > inner * reach && sides.some(side => side !== undefined && isAlike(colors, i, side)))
      ) {
        mask[i] = 0
      }
    }
  }
}

/** Rows from the top in which the columns [from, to) show no grass, but for short gaps. */
function rowsWithoutGrass(mask: Uint8Array, width: number, height: number, from: number, to: number): number {
  let [rows, gap] = [0, 0]
  for (let y = 0; y < height && gap <= 2; y++) {
    const row = mask.subarray(y * width + from, y * width + to)
    gap = row.includes(0) ? gap + 1 : 0
    if (gap === 0) rows = y + 1
  }
  return rows
}

/** Mean color of a row's columns [from, to); undefined where there are too few that the player does not cover. */
function sideColor({ width, height, data }: Colors, y: number, from: number, to: number): Color | undefined {
  if (to - from < 2) return undefined
  let [n, luma, co, cg] = [0, 0, 0, 0]
  for (let v = Math.max(0, y - halfRows); v <= Math.min(height - 1, y + halfRows); v++) {
    for (let p = (v * width + from) * 3; p < (v * width + to) * 3; p += 3) {
      n++
      luma += data[p]!
      co += data[p + 1]!
      cg += data[p + 2]!
    }
  }
  return [luma / n, co / n, cg / n]
}

function isAlike({ data }: Colors, i: number, [y, co, cg]: Color): boolean {
  const p = i * 3
  return (data[p]! - y) ** 2 + (data[p + 1]! - co) ** 2 + (data[p + 2]! - cg) ** 2 < alike ** 2
}

/** Where the player is across: the middle of what is not grass in the rows under the horizon. */
function centreBelow(mask: Uint8Array, width: number, height: number, horizon: number): number {
  let [n, sum] = [0, 0]
  for (let y = horizon; y < Math.min(height, horizon + Math.ceil(0.3 * height)); y++) {
    for (let x = 0; x < width; x++) {
      if (mask[y * width + x] === 0) continue
      n++
      sum += x
    }
  }
  return n === 0 ? width / 2 : sum / n
}

function halfWidth(share: number): number {
  for (let i = 1; i < silhouette.length; i++) {
    const [above, wide] = silhouette[i - 1]!
    const [below, next] = silhouette[i]!
    if (share <= below) return wide + ((next - wide) * (share - above)) / (below - above)
  }
  return silhouette.at(-1)![1]
}
