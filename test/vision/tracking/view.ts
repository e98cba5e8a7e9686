import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { FrameThumbnail } from '../../../dist/types.js'

export interface View {
  /** Left and top edge of the view, in pixels of the thumbnail; may be fractional. */
  readonly x: number
  readonly y?: number
  /** Positions of the players on the ground. */
  readonly players?: readonly (readonly [x: number, y: number])[]
  readonly seed?: number
  /** Of the picture about its top left corner. */
  readonly zoom?: number
  /** Pixels along which a pan smears the picture. */
  readonly blur?: number
}

const width = 96
const height = 54

/**
 * A striped pitch with lines, below a full stand and a row of advertising boards. `camera` is a position: another one
 * has the same layout and colors, but other lines, people and boards, and slanted stripes.
 */
export function thumbnailAt(
  camera: number,
  { x, y = 0, players = [], seed = 1, zoom = 1, blur = 1 }: View,
): FrameThumbnail {
  const random = xoroshiro128plus(seed)
  const luma = new Uint8Array(width * height)
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [u, v] = [x + column / zoom, y + row / zoom]
      const player = players.some(([px, py]) => Math.abs(px - u) < 2 && Math.abs(py - v) < 3)
      const noise = 4 * (uniformFloat64(random) - 0.5)
      luma[row * width + column] = (player ? 200 : smeared(camera, u, v, blur)) + noise
    }
  }
  return { width, height, luma }
}

function smeared(camera: number, u: number, v: number, blur: number): number {
  let sum = 0
  for (let i = 0; i < blur; i++) sum += scene(camera, u + i - (blur - 1) / 2, v)
  return sum / blur
}

function scene(camera: number, u: number, v: number): number {
  if (v < 10) return 40 + 90 * smooth(camera, u / 2, v / 2)
  if (v < 14) return 60 + 160 * smooth(camera + 50, u / 7, 0)
  const line = Math.abs(v - 17 - 3 * ((camera * 7) % 5) - u * 0.05) < 1
  const post = Math.abs(((u + 37 * camera) % 61) - 30) < 1
  return (
    90 +
    (Math.floor((u + (camera - 3) * 0.4 * (v - 14)) / (6 + camera) + 100) % 2) * 14 +
    (line || post ? 70 : 0)
  )
}

/** Bilinear value noise, 0 to 1. */
function smooth(seed: number, x: number, y: number): number {
  const [i, j] = [Math.floor(x), Math.floor(y)]
  const [s, t] = [x - i, y - j]
  const top = hash(seed, i, j) * (1 - s) + hash(seed, i + 1, j) * s
  const bottom = hash(seed, i, j + 1) * (1 - s) + hash(seed, i + 1, j + 1) * s
  return top * (1 - t) + bottom * t
}

function hash(seed: number, i: number, j: number): number {
  const value = Math.sin(seed * 78.233 + i * 12.9898 + j * 37.719) * 43758.5453
  return value - Math.floor(value)
}
