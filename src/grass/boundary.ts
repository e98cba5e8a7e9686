import { nearbyMean } from './ground.js'
import { boxSum, type Planes } from './planes.js'

/**
 * A pixel of the boundary is a mixture of player and grass, α of the one and 1 - α of the other. From here on it is the
 * player's; above one half, since blurred chroma makes the mixture look more like the player than it is.
 */
const playerShare = 0.55
/** Colours of player and grass nearer than this, in 8-bit levels, say nothing about the mixture. */
const minContrast = 20
/** Of the 3 × 3 around a pixel, so many must be the player's for it to show the player's own colour. */
const coreNeighbours = 7

/**
 * Moves the boundary of a mask to where the mixture of the two sides' nearby colours tips over; the mixture is
 * the projection of the pixel on the line from the one colour to the other, as in alpha matting.
 */
export function refineBoundary(mask: Uint8Array, planes: Planes, ground: Planes): void {
  const { width, height } = planes
  const inside = new Uint8Array(mask.length)
  for (let i = 0; i < mask.length; i++) inside[i] = mask[i] === 0 ? 0 : 1
  const around = boxSum(inside, width, height, 1)
  const core = new Uint8Array(mask.length)
  for (let i = 0; i < mask.length; i++) core[i] = inside[i] === 1 && around[i]! >= coreNeighbours ? 1 : 0
  const player = nearbyMean(planes, core, [2, 4])
  const known = boxSum(core, width, height, 2)
  for (let i = 0; i < mask.length; i++) {
    if (around[i] === 0 || around[i] === 9 || known[i]! < 2) continue
    const y = player.y[i]! - ground.y[i]!
    const co = player.co[i]! - ground.co[i]!
    const cg = player.cg[i]! - ground.cg[i]!
    const contrast2 = y * y + co * co + cg * cg
    if (contrast2 < minContrast ** 2) continue
    const projection =
      y * (planes.y[i]! - ground.y[i]!) +
      co * (planes.co[i]! - ground.co[i]!) +
      cg * (planes.cg[i]! - ground.cg[i]!)
    mask[i] = projection >= playerShare * contrast2 ? 255 : 0
  }
}
