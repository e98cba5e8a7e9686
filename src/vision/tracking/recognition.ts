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
  let [right, wrong, count] = [0, 0, 0]
  for (let top = 0; top + side <= height; top += side >> 1) {
    for (let left = 0; left + side <= width; left += side) {
      const energy = energyOf(now, left, top, side)
      if (energy < leastTexture * (side / spacing) ** 2) continue
      const [cx, cy] = [left + side / 2, top + side / 2]
      const x = Math.round(view.a * cx - view.b * cy + view.dx - side / 2)
      const y = Math.round(view.b * cx + view.a * cy + view.dy - side / 2)
      const find = (dx: number) => bestMatch(last, now, { left, top, side, energy }, x + dx, y, reach)
      const here = find(0)
      if (here === undefined) continue
      count++
      right += here
      if (!controlled) continue
      const control = Math.max(find(-aside) ?? -1, find(aside) ?? -1)
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

function energyOf({ width, values }: Detail, left: number, top: number, side: number): number {
  let energy = 0
  for (let y = top; y < top + side; y += spacing) {
    for (let x = left; x < left + side; x += spacing) energy += values[y * width + x]! ** 2
  }
  return energy
}

/** Best correlation of a block of `now` with `last` within `reach` of a place; undefined if all of it is outside. */
function bestMatch(
  last: Detail,
  now: Detail,
  { left, top, side, energy }: Block,
  x: number,
  y: number,
  reach: number,
): number | undefined {
  const { width, height, values: after } = now
  const before = last.values
  let best: number | undefined
  for (let row = Math.max(0, y - reach); row <= Math.min(height - side, y + reach); row++) {
    for (let column = Math.max(0, x - reach); column <= Math.min(width - side, x + reach); column++) {
      let product = 0
      let lastEnergy = 0
      for (let line = 0; line < side; line += spacing) {
        const i = (top + line) * width + left
        const j = (row + line) * width + column
        for (let k = 0; k < side; k += spacing) {
          const there = before[j + k]!
          product += there * after[i + k]!
          lastEnergy += there * there
        }
      }
      const match = product / Math.sqrt(lastEnergy * energy + 1e-9)
      if (best === undefined || match > best) best = match
    }
  }
  return best
}
