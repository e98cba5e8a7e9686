import type { Colors } from './colors.js'

/** A band where something enters the picture: a run of pixels along its border. */
interface Entry {
  readonly x: number
  readonly y: number
  readonly thickness: number
  /** Border: 0 top, 1 bottom, 2 left, 3 right. */
  readonly side: number
}

/** Whether a pixel, by its index, may be one of a line. */
type IsPale = (i: number) => boolean

interface Path {
  readonly from: Entry
  readonly to: Entry
  /** How far the middle lies beside the straight way, as a fraction of the length; a circle's arc is bent. */
  readonly bend: number
  /** Share of the way on which it is plainly a line: white, with grass on both sides. */
  readonly plain: number
}

const bends = [0, 0.06, -0.06, 0.14, -0.14]
/** Of a way from border to border, so much must be plainly a line; the rest may run behind the player. */
const minPlain = 0.3
/** For each part that is, so much may be grass, where a line never is: worn paint, or a sock as green as the grass. */
const maxGrass = 0.5
/** Thicker than this share of the picture's width, it is no line. */
const maxThickness = 0.4

/**
 * Clears pitch lines from a mask: white bands, straight or slightly bent, that go from one border of the picture
 * to another and, except for the player before them, have grass on both sides. White parts of the player
 * that a line passes behind continue on both sides of it, and stay.
 * @param mask 255 where it is not grass.
 */
export function eraseLines(mask: Uint8Array, colors: Colors, ground: Colors): void {
  const { width, height, data } = colors
  const { data: under } = ground
  const isPale: IsPale = i => {
    const p = i * 3
    const light = data[p]! / Math.max(1, under[p]!)
    const own = data[p + 1]! ** 2 + data[p + 2]! ** 2
    const tint = Math.sqrt(own / (1 + under[p + 1]! ** 2 + under[p + 2]! ** 2))
    // Lines are bright, but not in a player's shadow.
    return light > 0.6 && tint < 0.75 * light
  }
  const entries = findEntries(isPale, width, height)
  const found: Path[] = []
  for (let a = 0; a < entries.length; a++) {
    for (let b = a + 1; b < entries.length; b++) {
      const path = bestPath(entries[a]!, entries[b]!, isPale, mask, width, height)
      if (path !== undefined) found.push(path)
    }
  }
  for (const path of found) erase(path, mask, isPale, width, height)
}

function findEntries(isPale: IsPale, width: number, height: number): Entry[] {
  const entries: Entry[] = []
  const limit = Math.max(4, maxThickness * width)
  /** Follows a border from a pixel on, `step` by `step`. */
  const along = (side: number, length: number, start: number, step: number) => {
    for (let i = 0; i < length; i++) {
      let end = i
      while (end < length && isPale(start + end * step)) end++
      if (end - i >= 2 && end - i <= limit) {
        const middle = (i + end - 1) / 2
        const [x, y] = side < 2 ? [middle, start / width] : [start, middle]
        entries.push({ x, y, thickness: end - i, side })
      }
      i = end
    }
  }
  along(0, width, 0, 1)
  along(1, width, (height - 1) * width, 1)
  along(2, height, 0, width)
  along(3, height, width - 1, width)
  return entries
}

function bestPath(
  from: Entry,
  to: Entry,
  isPale: IsPale,
  mask: Uint8Array,
  width: number,
  height: number,
): Path | undefined {
  if (from.side === to.side) return undefined
  if (Math.hypot(to.x - from.x, to.y - from.y) < 0.4 * width) return undefined
  let best: Path | undefined
  for (const bend of bends) {
    const path = { from, to, bend }
    const { places, nx, ny } = placesAlong(path)
    let grass = 0
    let plain = 0
    for (let p = 0; p < places.length; p += 3) {
      const x = places[p]!
      const y = places[p + 1]!
      const beside = places[p + 2]! + 2
      const i = index(x, y, width, height)
      if (i < 0) grass++
      else if (isPale(i)) {
        const left = index(x + nx * beside, y + ny * beside, width, height)
        const right = index(x - nx * beside, y - ny * beside, width, height)
        // Half where the player touches one side.
        if (left < 0 || mask[left] === 0) plain += 0.5
        if (right < 0 || mask[right] === 0) plain += 0.5
      } else if (mask[i] === 0) grass++
    }
    const steps = places.length / 3
    if (plain < minPlain * steps || grass > maxGrass * plain) continue
    if (best === undefined || plain / steps > best.plain) best = { ...path, plain: plain / steps }
  }
  return best
}

function erase(path: Path, mask: Uint8Array, isPale: IsPale, width: number, height: number): void {
  const cleared: number[] = []
  const { places, nx, ny } = placesAlong(path)
  for (let p = 0; p < places.length; p += 3) {
    const x = places[p]!
    const y = places[p + 1]!
    const half = places[p + 2]!
    const edge = half + 2.5
    const left = index(x + nx * edge, y + ny * edge, width, height)
    const right = index(x - nx * edge, y - ny * edge, width, height)
    if (left >= 0 && right >= 0 && mask[left] !== 0 && mask[right] !== 0) continue
    for (let t = -half - 1.5; t <= half + 1.5; t += 0.5) {
      const i = index(x + nx * t, y + ny * t, width, height)
      if (i >= 0 && isPale(i)) cleared.push(i)
    }
  }
  for (const i of cleared) mask[i] = 0
}

/**
 * @returns x, y and half the thickness at every half pixel along the way, and the normal.
 */
function placesAlong({ from, to, bend }: Omit<Path, 'plain'>): {
  readonly places: Float64Array
  readonly nx: number
  readonly ny: number
} {
  const dx = to.x - from.x
  const dy = to.y - from.y
  const length = Math.hypot(dx, dy)
  // A run along the border cuts a slanting band askew.
  const across = (side: number) => (side < 2 ? Math.abs(dy) : Math.abs(dx)) / length
  const halfFrom = (from.thickness * across(from.side)) / 2
  const halfTo = (to.thickness * across(to.side)) / 2
  const nx = -dy / length
  const ny = dx / length
  const steps = Math.ceil(2 * length)
  const places = new Float64Array((steps + 1) * 3)
  for (let s = 0; s <= steps; s++) {
    const t = s / steps
    const aside = bend * length * 4 * t * (1 - t)
    places[s * 3] = from.x + t * dx + nx * aside
    places[s * 3 + 1] = from.y + t * dy + ny * aside
    places[s * 3 + 2] = halfFrom + t * (halfTo - halfFrom)
  }
  return { places, nx, ny }
}

function index(x: number, y: number, width: number, height: number): number {
  const u = Math.round(x) | 0
  const v = Math.round(y) | 0
  return u < 0 || v < 0 || u >= width || v >= height ? -1 : v * width + u
}
