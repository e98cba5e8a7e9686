import type { Planes } from './planes.js'

/** A band where something enters the picture: a run of pixels along its border. */
interface Entry {
  readonly x: number
  readonly y: number
  readonly thickness: number
  /** Border: 0 top, 1 bottom, 2 left, 3 right. */
  readonly side: number
}

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
export function eraseLines(mask: Uint8Array, planes: Planes, ground: Planes): void {
  const { width, height } = planes
  const pale = new Uint8Array(mask.length)
  for (let i = 0; i < mask.length; i++) {
    const light = planes.y[i]! / Math.max(1, ground.y[i]!)
    const own = planes.co[i]! ** 2 + planes.cg[i]! ** 2
    const tint = Math.sqrt(own / (1 + ground.co[i]! ** 2 + ground.cg[i]! ** 2))
    // Lines are bright, but not in a player's shadow.
    pale[i] = light > 0.6 && tint < 0.75 * light ? 1 : 0
  }
  const entries = findEntries(pale, width, height)
  const found: Path[] = []
  for (let a = 0; a < entries.length; a++) {
    for (let b = a + 1; b < entries.length; b++) {
      const path = bestPath(entries[a]!, entries[b]!, pale, mask, width, height)
      if (path !== undefined) found.push(path)
    }
  }
  for (const path of found) erase(path, mask, pale, width, height)
}

function findEntries(pale: Uint8Array, width: number, height: number): Entry[] {
  const entries: Entry[] = []
  const limit = Math.max(4, maxThickness * width)
  const along = (length: number, side: number, at: (i: number) => readonly [number, number]) => {
    for (let i = 0; i < length; i++) {
      let end = i
      while (end < length && isPale(at(end))) end++
      if (end - i >= 2 && end - i <= limit) {
        const [x, y] = at((i + end - 1) / 2)
        entries.push({ x, y, thickness: end - i, side })
      }
      i = end
    }
  }
  const isPale = ([x, y]: readonly [number, number]) => pale[y * width + x] === 1
  along(width, 0, i => [i, 0])
  along(width, 1, i => [i, height - 1])
  along(height, 2, i => [0, i])
  along(height, 3, i => [width - 1, i])
  return entries
}

function bestPath(
  from: Entry,
  to: Entry,
  pale: Uint8Array,
  mask: Uint8Array,
  width: number,
  height: number,
): Path | undefined {
  if (from.side === to.side) return undefined
  if (Math.hypot(to.x - from.x, to.y - from.y) < 0.4 * width) return undefined
  let best: Path | undefined
  for (const bend of bends) {
    const path = { from, to, bend, plain: 0 }
    let [steps, grass, plain] = [0, 0, 0]
    walk(path, (x, y, nx, ny, half) => {
      steps++
      const i = index(x, y, width, height)
      if (i < 0) grass++
      else if (pale[i] === 1) {
        const left = index(x + nx * (half + 2), y + ny * (half + 2), width, height)
        const right = index(x - nx * (half + 2), y - ny * (half + 2), width, height)
        // Half where the player touches one side.
        if (left < 0 || mask[left] === 0) plain += 0.5
        if (right < 0 || mask[right] === 0) plain += 0.5
      } else if (mask[i] === 0) grass++
    })
    if (plain < minPlain * steps || grass > maxGrass * plain) continue
    if (best === undefined || plain / steps > best.plain) best = { ...path, plain: plain / steps }
  }
  return best
}

function erase(path: Path, mask: Uint8Array, pale: Uint8Array, width: number, height: number): void {
  const cleared: number[] = []
  walk(path, (x, y, nx, ny, half) => {
    const edge = half + 2.5
    const left = index(x + nx * edge, y + ny * edge, width, height)
    const right = index(x - nx * edge, y - ny * edge, width, height)
    if (left >= 0 && right >= 0 && mask[left] !== 0 && mask[right] !== 0) return
    for (let t = -half - 1.5; t <= half + 1.5; t += 0.5) {
      const i = index(x + nx * t, y + ny * t, width, height)
      if (i >= 0 && pale[i] === 1) cleared.push(i)
    }
  })
  for (const i of cleared) mask[i] = 0
}

/** Calls back every half pixel along the way, with the normal and half the thickness there. */
function walk(
  { from, to, bend }: Omit<Path, 'plain'>,
  visit: (x: number, y: number, nx: number, ny: number, half: number) => void,
): void {
  const [dx, dy] = [to.x - from.x, to.y - from.y]
  const length = Math.hypot(dx, dy)
  // A run along the border cuts a slanting band askew.
  const across = (side: number) => (side < 2 ? Math.abs(dy) : Math.abs(dx)) / length
  const halfFrom = (from.thickness * across(from.side)) / 2
  const halfTo = (to.thickness * across(to.side)) / 2
  const [nx, ny] = [-dy / length, dx / length]
  const steps = Math.ceil(2 * length)
  for (let s = 0; s <= steps; s++) {
    const t = s / steps
    const aside = bend * length * 4 * t * (1 - t)
    visit(
      from.x + t * dx + nx * aside,
      from.y + t * dy + ny * aside,
      nx,
      ny,
      halfFrom + t * (halfTo - halfFrom),
    )
  }
}

function index(x: number, y: number, width: number, height: number): number {
  const [u, v] = [Math.round(x), Math.round(y)]
  return u < 0 || v < 0 || u >= width || v >= height ? -1 : v * width + u
}
