import { xorshift128plus } from 'pure-rand/generator/xorshift128plus'
import type { Pixels, Xyxy } from '../../dist/types.js'
import { anatomy, capsule, type Figure, type Rgb } from './anatomy.js'

export { type Kit, kits, type Rgb } from './anatomy.js'

/** Small drawn players on a drawn pitch, with the true mask of every figure. */
export interface Scene {
  readonly width: number
  readonly height: number
  readonly figures: readonly Figure[]
  /** Two greens of the mowing stripes. */
  readonly grass?: readonly [Rgb, Rgb]
  readonly stripeWidth?: number
  /** A part of the ground with another color: a court. */
  readonly court?: { readonly xyxy: Xyxy; readonly color: Rgb }
  /** Rows above this one are advertising boards and crowd. */
  readonly horizon?: number
  /** White lines from point to point. */
  readonly lines?: readonly {
    from: readonly [number, number]
    to: readonly [number, number]
    width: number
  }[]
  /** Columns right of this one are in the shadow of a stand. */
  readonly shadowFrom?: number
  /** Standard deviation of the sensor's noise, 8-bit levels. */
  readonly noise?: number
  readonly seed?: number
}

export interface Drawn extends Pixels {
  /** Tight box and mask of each figure; the mask is 255 where the figure covers at least half of the pixel. */
  readonly players: readonly { readonly xyxy: Xyxy; readonly mask: Uint8Array }[]
}

export function drawScene(scene: Scene): Drawn {
  const { width, height, horizon = 0, stripeWidth = 120, shadowFrom = width, noise = 3 } = scene
  const [light, dark] = scene.grass ?? [
    [86, 148, 66],
    [70, 128, 54],
  ]
  const random = uniform(scene.seed ?? 1)
  const canvas = new Float32Array(width * height * 3)
  const ink = (x: number, y: number, color: Rgb, alpha: number) => {
    const at = (y * width + x) * 3
    for (let c = 0; c < 3; c++) canvas[at + c]! += alpha * (color[c]! - canvas[at + c]!)
  }

  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) ink(x, y, Math.floor(x / stripeWidth) % 2 === 0 ? light : dark, 1)
  }
  const { xyxy: [left, top, right, bottom] = [0, 0, 0, 0], color: inner = light } = scene.court ?? {}
  for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) ink(x, y, inner, 1)
  for (const { from, to, width: thick } of scene.lines ?? []) {
    const line = capsule(from[0], from[1], to[0], to[1], thick / 2, thick / 2)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) ink(x, y, [235, 240, 232], cover(line(x, y)))
  }
  drawStands(horizon, width, ink, random)

  const players = scene.figures.map(figure => {
    const { x, y, height: tall } = figure
    const shadow = capsule(x, y, x + tall * 0.45, y + tall * 0.02, tall * 0.07, tall * 0.05)
    const area: Xyxy = clampBox(
      [x - tall * 0.6, y - tall * 1.1, x + tall * 0.6, y + tall * 0.15],
      width,
      height,
    )
    for (let v = area[1]; v < area[3]; v++) {
      for (let u = area[0]; u < area[2]; u++) ink(u, v, [12, 20, 16], 0.45 * cover(shadow(u, v) / 2))
    }
    const alpha = new Float32Array(width * height)
    for (const [shape, color] of anatomy(figure)) {
      for (let v = area[1]; v < area[3]; v++) {
        for (let u = area[0]; u < area[2]; u++) {
          const a = cover(shape(u, v))
          if (a === 0) continue
          ink(u, v, color, a)
          alpha[v * width + u] = Math.max(alpha[v * width + u]!, a)
        }
      }
    }
    return maskOf(alpha, width, height)
  })

  for (let y = 0; y < height; y++) for (let x = shadowFrom; x < width; x++) ink(x, y, [10, 18, 24], 0.4)
  return { width, height, rgb: photograph(canvas, width, height, noise, random), players }
}

function drawStands(
  horizon: number,
  width: number,
  ink: (x: number, y: number, color: Rgb, alpha: number) => void,
  random: () => number,
): void {
  const boards = Math.max(0, horizon - 26)
  const panels: Rgb[] = [
    [20, 60, 150],
    [230, 230, 235],
    [190, 30, 40],
    [240, 200, 40],
  ]
  for (let y = 0; y < horizon; y++) {
    for (let x = 0; x < width; x++) ink(x, y, y < boards ? [52, 50, 58] : panels[Math.floor(x / 140) % 4]!, 1)
  }
  for (let y = 6; y < boards - 4; y += 9) {
    for (let x = 5; x < width - 5; x += 10) {
      const color: Rgb = [40 + 190 * random(), 40 + 190 * random(), 40 + 190 * random()]
      const [head, body] = [capsule(x, y, x, y, 3, 3), capsule(x, y + 5, x, y + 8, 4, 5)]
      for (let v = y - 4; v < Math.min(boards, y + 12); v++) {
        for (let u = x - 5; u <= x + 5; u++) {
          ink(u, v, color, cover(body(u, v)))
          ink(u, v, [200, 155, 125], cover(head(u, v)))
        }
      }
    }
  }
}

/** Simulates a camera: slight blur, noise, and color at half resolution, as in 4:2:0 video. */
function photograph(
  canvas: Float32Array,
  width: number,
  height: number,
  noise: number,
  random: () => number,
) {
  const at = (x: number, y: number) =>
    (Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x))) * 3
  const blurred = new Float32Array(canvas.length)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) {
        let sum = 4 * canvas[at(x, y) + c]!
        for (const [dx, dy] of [
          [-1, 0],
          [1, 0],
          [0, -1],
          [0, 1],
        ] as const)
          sum += canvas[at(x + dx, y + dy) + c]!
        blurred[at(x, y) + c] = sum / 8
      }
    }
  }
  const luma = (p: number, source: Float32Array) =>
    0.299 * source[p]! + 0.587 * source[p + 1]! + 0.114 * source[p + 2]!
  const rgb = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [x0, y0] = [x & ~1, y & ~1]
      const block = [at(x0, y0), at(x0 + 1, y0), at(x0, y0 + 1), at(x0 + 1, y0 + 1)]
      const grain = noise * (random() + random() + random() - 1.5) * 2
      const own = luma(at(x, y), blurred) + grain
      for (let c = 0; c < 3; c++) {
        const chroma = block.reduce((sum, p) => sum + blurred[p + c]! - luma(p, blurred), 0) / 4
        rgb[at(x, y) + c] = Math.min(255, Math.max(0, Math.round(own + chroma)))
      }
    }
  }
  return rgb
}

function cover(distance: number): number {
  return Math.min(1, Math.max(0, 0.5 - distance))
}

function maskOf(alpha: Float32Array, width: number, height: number): { xyxy: Xyxy; mask: Uint8Array } {
  let [x1, y1, x2, y2] = [width, height, 0, 0]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (alpha[y * width + x]! < 0.5) continue
      x1 = Math.min(x1, x)
      x2 = Math.max(x2, x + 1)
      y1 = Math.min(y1, y)
      y2 = Math.max(y2, y + 1)
    }
  }
  const mask = new Uint8Array((x2 - x1) * (y2 - y1))
  for (let y = y1; y < y2; y++) {
    for (let x = x1; x < x2; x++) mask[(y - y1) * (x2 - x1) + x - x1] = alpha[y * width + x]! >= 0.5 ? 255 : 0
  }
  return { xyxy: [x1, y1, x2, y2], mask }
}

function clampBox([x1, y1, x2, y2]: Xyxy, width: number, height: number): Xyxy {
  return [
    Math.max(0, Math.floor(x1)),
    Math.max(0, Math.floor(y1)),
    Math.min(width, Math.ceil(x2)),
    Math.min(height, Math.ceil(y2)),
  ]
}

/** The pixels of a box, as from the crop operator. */
export function cut({ width, rgb }: Pixels, [x1, y1, x2, y2]: Xyxy): Pixels {
  const out = new Uint8Array((x2 - x1) * (y2 - y1) * 3)
  for (let y = y1; y < y2; y++) {
    out.set(rgb.subarray((y * width + x1) * 3, (y * width + x2) * 3), (y - y1) * (x2 - x1) * 3)
  }
  return { width: x2 - x1, height: y2 - y1, rgb: out }
}

/** Intersection over union of two masks. */
export function maskIou(a: Uint8Array, b: Uint8Array): number {
  let [both, either] = [0, 0]
  for (let i = 0; i < a.length; i++) {
    both += Number(a[i]! > 0 && b[i]! > 0)
    either += Number(a[i]! > 0 || b[i]! > 0)
  }
  return both / either
}

export function uniform(seed: number): () => number {
  const generator = xorshift128plus(seed)
  return () => (generator.next() >>> 0) / 2 ** 32
}
