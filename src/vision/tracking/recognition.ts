import type { Detail } from './detail.js'
import type { Motion } from './motion.js'

/** Side of a block, distance that it may lie off its predicted place, and how far away it is looked for as a control. */
const block = 1 / 8
const near = 1 / 12
const far = 0.37

/** Distance of the pixels of a block that are compared: the detail hardly changes from one to the next. */
const spacing = 2

/** Least mean square of the values of a block with something to recognize. */
const leastTexture = 0.12

/** Correlation that a block may have with a place by chance, for want of a control inside the picture. */
const chance = 0.5

export interface Recognition {
  /** Mean correlation, 0 to 1, of blocks with the best place near the predicted one. */
  readonly near: number
  /** By how much it exceeds the best correlation as near to a wrong place. */
  readonly margin: number
}

/**
 * Whether the parts of `now` are in `last` where a view says. Each block may move a little by itself, as players, boards
 * in perspective and blurred edges do. Two views of one surface share long lines and stripes, which match anywhere along
 * them: so each block is also looked for at two wrong places, to the left and right.
 */
export function recognition(last: Detail, now: Detail, view: Motion, controlled = true): Recognition {
  const { width, height } = now
  const side = Math.round(width * block)
  const reach = Math.round(width * near)
  const aside = Math.round(width * far)
  const energies = [energiesOf(last, side), energiesOf(now, side)] as const
  let [right, wrong, count] = [0, 0, 0]
  for (let top = 0; top + side <= height; top += side >> 1) {
    for (let left = 0; left + side <= width; left += side) {
      const energy = energies[1][top * width + left]!
      if (energy < leastTexture * (side / spacing) ** 2) continue
      const [cx, cy] = [left + side / 2, top + side / 2]
      const x = Math.round(view.a * cx - view.b * cy + view.dx - side / 2)
      const y = Math.round(view.b * cx + view.a * cy + view.dy - side / 2)
      const find = (dx: number) =>
        bestMatch(last, now, energies[0], { left, top, side, energy }, x + dx, y, reach)
      const here = find(0)
      if (here === outside) continue
      count++
      right += here
      if (!controlled) continue
      const control = Math.max(find(-aside), find(aside))
      wrong += control < 0 ? chance : control
    }
  }
  return count > 0 ? { near: right / count, margin: (right - wrong) / count } : { near: chance, margin: 0 }
}

interface Block {
  readonly left: number
  readonly top: number
  readonly side: number
  readonly energy: number
}

/** Sum of the squares of the values of the block at each place, of every other row and column. */
function energiesOf({ width, height, values }: Detail, side: number): Float64Array {
  const [rows, blocks] = [new Float64Array(values.length), new Float64Array(values.length)]
  for (let y = 0; y < height; y++) {
    for (let i = y * width; i <= (y + 1) * width - side; i++) {
      let sum = 0
      for (let k = 0; k < side; k += spacing) sum += values[i + k]! ** 2
      rows[i] = sum
    }
  }
  for (let i = 0; i < (height - side + 1) * width; i++) {
    let sum = 0
    for (let k = 0; k < side; k += spacing) sum += rows[i + k * width]!
    blocks[i] = sum
  }
  return blocks
}

/** No correlation: less than any. A number, so that the loops stay loops of numbers. */
const outside = -2

/** Best correlation of a block of `now` with `last` within `reach` of a place; `outside` if all of it is. */
function bestMatch(
  last: Detail,
  now: Detail,
  energies: Float64Array,
  { left, top, side, energy }: Block,
  x: number,
  y: number,
  reach: number,
): number {
  const { width, height, values: after } = now
  const before = last.values
  let best = outside
  for (let row = Math.max(0, y - reach); row <= Math.min(height - side, y + reach); row++) {
    for (let column = Math.max(0, x - reach); column <= Math.min(width - side, x + reach); column++) {
      let product = 0
      for (let line = 0; line < side; line += spacing) {
        const i = (top + line) * width + left
        const j = (row + line) * width + column
        for (let k = 0; k < side; k += spacing) product += before[j + k]! * after[i + k]!
      }
      const match = product / Math.sqrt(energies[row * width + column]! * energy + 1e-9)
      if (match > best) best = match
    }
  }
  return best
}
