import { type Colors, perPixel } from './colors.js'

/** Luma, Co and Cg. */
type Color = readonly [number, number, number]

/** Columns at either side of the crop that show the background, as a share of its width. */
const margin = 0.1
/** Least number of rows without surface at both sides that are stands, as a share of the height. */
const minRows = 0.06
/** Rows above and below a row over which the color of the stands is averaged. */
const halfRows = 1
/** Euclidean distance, in 8-bit levels, below which a pixel has the color of the stands beside it. */
const maxDifference = 30
/** Inner share of the silhouette's width that is always player, even if a shirt has the color of the stands. */
const inner = 0.6
/**
 * Half the width of an upright player with room for the swing of the arms, by height from the head down; both as shares
 * of the player's height (after Drillis and Contini 1966: the head is 0.13 high, the shoulders are 0.26 wide).
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
 * Clears stands (advertising boards and crowd) behind a player near the edge of the surface: the rows from the top of the
 * crop in which neither side shows the surface. In these rows it clears pixels with the color of the sides, and all
 * pixels outside the silhouette of an upright player: a crowd has every color, so only the shape distinguishes it.
 * @param mask 255 where a pixel is not surface; changed in place.
 */
export function removeStands(mask: Uint8Array, colors: Colors): void {
  const { width, height } = colors
  const strip = Math.max(2, Math.round(margin * width))
  const left = rowsWithoutSurface(mask, width, height, 0, 2)
  const right = rowsWithoutSurface(mask, width, height, width - 2, width)
  if (Math.min(left, right) < minRows * height) return
  const horizon = (x: number) => left + ((right - left) * x) / width
  const center = centerBelow(mask, width, height, Math.ceil(Math.max(left, right)))

  for (let y = 0; y < Math.max(left, right); y++) {
    const reach = halfWidth(y / height) * height
    const sides = [
      sideColor(colors, y, 0, Math.min(strip, Math.floor(center - reach))),
      sideColor(colors, y, Math.max(width - strip, Math.ceil(center + reach)), width),
    ]
    for (let x = 0; x < width; x++) {
      if (y >= horizon(x)) continue
      const i = y * width + x
      const offset = Math.abs(x - center)
      if (
        offset > reach ||
        (offset > inner * reach && sides.some(side => side !== undefined && isSimilar(colors, i, side)))
      ) {
        mask[i] = 0
      }
    }
  }
}

/** Number of rows from the top in which the columns [from, to) show no surface, ignoring short gaps. */
function rowsWithoutSurface(
  mask: Uint8Array,
  width: number,
  height: number,
  from: number,
  to: number,
): number {
  let [rows, gap] = [0, 0]
  for (let y = 0; y < height && gap <= 2; y++) {
    const row = mask.subarray(y * width + from, y * width + to)
    gap = row.includes(0) ? gap + 1 : 0
    if (gap === 0) rows = y + 1
  }
  return rows
}

/** Mean color of a row's columns [from, to); undefined when there are fewer than two. */
function sideColor({ width, height, data }: Colors, y: number, from: number, to: number): Color | undefined {
  if (to - from < 2) return undefined
  let [n, luma, co, cg] = [0, 0, 0, 0]
  for (let v = Math.max(0, y - halfRows); v <= Math.min(height - 1, y + halfRows); v++) {
    for (let p = (v * width + from) * perPixel; p < (v * width + to) * perPixel; p += perPixel) {
      n++
      luma += data[p]!
      co += data[p + 1]!
      cg += data[p + 2]!
    }
  }
  return [luma / n, co / n, cg / n]
}

function isSimilar({ data }: Colors, i: number, [y, co, cg]: Color): boolean {
  const p = i * perPixel
  return (data[p]! - y) ** 2 + (data[p + 1]! - co) ** 2 + (data[p + 2]! - cg) ** 2 < maxDifference ** 2
}

/** Horizontal center of the player: the mean x of the mask in the rows below the horizon. */
function centerBelow(mask: Uint8Array, width: number, height: number, horizon: number): number {
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

/** Half the width of the silhouette at a height, interpolated; both are shares of the player's height. */
function halfWidth(share: number): number {
  for (let i = 1; i < silhouette.length; i++) {
    const [above, wide] = silhouette[i - 1]!
    const [below, next] = silhouette[i]!
    if (share <= below) return wide + ((next - wide) * (share - above)) / (below - above)
  }
  return silhouette[silhouette.length - 1]![1]
}
