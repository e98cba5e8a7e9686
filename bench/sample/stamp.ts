import type { Sprite } from './sprites.js'

/** A frame while it is painted. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly rgb: Uint8ClampedArray<ArrayBuffer>
  /** For each pixel the id of the visible figure, 0 for none. */
  readonly owner: Uint16Array<ArrayBuffer>
}

export interface Placement {
  /** Pixel of the ground point. */
  readonly x: number
  readonly y: number
  /** Pixels per meter. */
  readonly scale: number
  /** Brightness, 0 to 1. */
  readonly light: number
  /** 0 leaves the owners as they are. */
  readonly id: number
  /** First row that is not painted. */
  readonly end?: number
  readonly opacity?: number
  /** Upside down below the ground point. */
  readonly flip?: boolean
}

/** Box of a figure within the frame, and the number of its pixels, those outside the frame included. */
export interface Extent {
  readonly box: readonly [number, number, number, number]
  readonly pixels: number
}

const slack = 1e-6

/** Paints a sprite over the frame, scaled bilinearly. @returns undefined if it is outside the frame. */
export function stamp(picture: Picture, sprite: Sprite, placement: Placement): Extent | undefined {
  const { rgb, owner, width, height } = picture
  const { rgba } = sprite
  const { id, light, scale, end = Number.POSITIVE_INFINITY, opacity = 1, flip = false } = placement
  const step = sprite.scale / scale
  const down = flip ? -step : step
  // Pixel centers: frame x + 0.5 is at sprite u + 0.5.
  const u0 = sprite.originX + (0.5 - placement.x) * step - 0.5
  const v0 = sprite.originY + (0.5 - placement.y) * down - 0.5
  // All four neighbors are in the sprite, with slack for rounding; only its transparent margin is cut off.
  const [left, right] = [Math.ceil(slack - u0 / step), Math.ceil((sprite.width - 1 - u0) / step - slack)]
  const [first, last] = flip ? [sprite.height - 1, 0] : [0, sprite.height - 1]
  const [top, bottom] = [Math.ceil(slack + (first - v0) / down), Math.ceil((last - v0) / down - slack)]
  let [x1, y1, x2, y2, pixels] = [width, height, 0, 0, 0]
  for (let y = top; y < Math.min(bottom, end); y++) {
    const v = v0 + y * down
    const row = Math.floor(v)
    const fv = v - row
    for (let x = left; x < right; x++) {
      const u = u0 + x * step
      const column = Math.floor(u)
      const fu = u - column
      const i = (row * sprite.width + column) * 4
      const j = i + sprite.width * 4
      const a = (1 - fu) * (1 - fv)
      const b = fu * (1 - fv)
      const c = (1 - fu) * fv
      const d = fu * fv
      const alpha = a * rgba[i + 3]! + b * rgba[i + 7]! + c * rgba[j + 3]! + d * rgba[j + 7]!
      if (alpha === 0) continue
      const solid = alpha >= 127.5
      if (solid) pixels++
      if (x < 0 || y < 0 || x >= width || y >= height) continue
      if (solid && id > 0) {
        owner[y * width + x] = id
        if (x < x1) x1 = x
        if (x >= x2) x2 = x + 1
        if (y < y1) y1 = y
        if (y >= y2) y2 = y + 1
      }
      const at = (y * width + x) * 3
      const under = 1 - (alpha / 255) * opacity
      for (let k = 0; k < 3; k++) {
        const paint = a * rgba[i + k]! + b * rgba[i + 4 + k]! + c * rgba[j + k]! + d * rgba[j + 4 + k]!
        rgb[at + k] = rgb[at + k]! * under + paint * light * opacity
      }
    }
  }
  return x2 > x1 ? { box: [x1, y1, x2, y2], pixels } : undefined
}
