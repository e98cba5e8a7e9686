import { type Camera, daylight } from './camera.js'
import type { Pose } from './match.js'
import type { Random } from './random.js'
import type { Poses, Sprite } from './sprites.js'
import { runLengths, type TruePlayer } from './truth.js'

/** Box of a figure within the frame, and the number of its pixels, those outside the frame included. */
interface Extent {
  readonly box: readonly [number, number, number, number]
  readonly pixels: number
}

const slack = 1e-6

/** Paints every frame into the same buffer: background, shadows, figures from far to near, noise. */
export class Canvas {
  readonly rgb: Uint8ClampedArray<ArrayBuffer>
  /** For each pixel the id of the visible player, 0 for none. */
  readonly #owner: Uint8Array
  readonly #noise: Int8Array
  readonly #noiseOffsets: Random

  constructor(
    readonly camera: Camera,
    readonly background: Uint8Array,
    random: Random,
  ) {
    this.rgb = new Uint8ClampedArray(camera.width * camera.height * 3)
    this.#owner = new Uint8Array(camera.width * camera.height)
    this.#noise = Int8Array.from({ length: (1 << 20) + camera.width * 3 }, () =>
      Math.round(random.normal(2.2)),
    )
    this.#noiseOffsets = random
  }

  /** Paints the scene at `time` seconds. @returns its ground truth. */
  paint(time: number, scene: readonly Pose[], drawings: ReadonlyMap<number, Poses>): TruePlayer[] {
    const { camera } = this
    const pan = camera.pan(time)
    this.#pan(pan)
    this.#owner.fill(0)
    const farToNear = [...scene].sort((a, b) => b.z - a.z)
    for (const { x, z } of farToNear)
      this.#shadow(camera.column(x, z) - pan, camera.row(z), camera.scale(z), daylight(x, z))
    const painted = farToNear.map(pose => {
      const scale = camera.scale(pose.z) * pose.player.size
      const sprite = drawings.get(pose.player.id)?.sprite(pose.gait, pose.heading, pose.phase, scale)
      if (sprite === undefined) throw new Error('a player without drawings')
      const [x, y] = [camera.column(pose.x, pose.z) - pan, camera.row(pose.z)]
      return { pose, extent: this.#figure(sprite, x, y, scale, daylight(pose.x, pose.z), pose.player.id) }
    })
    this.#addNoise()
    return painted.flatMap(({ pose: { player }, extent }) => {
      if (extent === undefined) return []
      const { runs, seen } = runLengths(this.#owner, camera.width, extent.box, player.id)
      const visible = Math.round((seen / extent.pixels) * 1000) / 1000
      return [
        {
          id: player.id,
          team: player.team,
          number: player.look.number,
          box: extent.box,
          visible,
          mask: runs,
        },
      ]
    })
  }

  /** Copies the panorama from column `pan` on. */
  #pan(pan: number): void {
    const { width, height, panoramaWidth } = this.camera
    for (let y = 0; y < height; y++) {
      const from = (y * panoramaWidth + pan) * 3
      this.rgb.set(this.background.subarray(from, from + width * 3), y * width * 3)
    }
  }

  /** Paints a soft ellipse beside the feet; paler in the shadow of the stand. */
  #shadow(x: number, y: number, scale: number, light: number): void {
    const { rgb } = this
    const { width, height } = this.camera
    const [rx, ry] = [0.75 * scale, 0.24 * scale]
    const [cx, cy] = [x + 0.35 * scale, y - 0.06 * scale]
    const depth = 0.55 * light * light
    for (let py = Math.max(0, Math.floor(cy - ry)); py < Math.min(height, cy + ry); py++) {
      for (let px = Math.max(0, Math.floor(cx - rx)); px < Math.min(width, cx + rx); px++) {
        const [dx, dy] = [(px + 0.5 - cx) / rx, (py + 0.5 - cy) / ry]
        const inside = 1 - dx * dx - dy * dy
        if (inside <= 0) continue
        const keep = 1 - depth * inside
        const at = (py * width + px) * 3
        rgb[at] = rgb[at]! * keep
        rgb[at + 1] = rgb[at + 1]! * keep
        rgb[at + 2] = rgb[at + 2]! * keep
      }
    }
  }

  /** Paints a sprite over the frame, scaled bilinearly. @returns undefined if it is outside the frame. */
  #figure(
    sprite: Sprite,
    footX: number,
    footY: number,
    scale: number,
    light: number,
    id: number,
  ): Extent | undefined {
    const { rgb } = this
    const owner = this.#owner
    const { width, height } = this.camera
    const { rgba } = sprite
    const step = sprite.scale / scale
    // Pixel centers: frame x + 0.5 is at sprite u + 0.5.
    const [u0, v0] = [
      sprite.originX + (0.5 - footX) * step - 0.5,
      sprite.originY + (0.5 - footY) * step - 0.5,
    ]
    // All four neighbors are in the sprite, with slack for rounding; only its transparent margin is cut off.
    const [left, right] = [Math.ceil(slack - u0 / step), Math.ceil((sprite.width - 1 - u0) / step - slack)]
    const [top, bottom] = [Math.ceil(slack - v0 / step), Math.ceil((sprite.height - 1 - v0) / step - slack)]
    let [x1, y1, x2, y2, pixels] = [width, height, 0, 0, 0]
    for (let y = top; y < bottom; y++) {
      const v = v0 + y * step
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
        if (solid) {
          owner[y * width + x] = id
          if (x < x1) x1 = x
          if (x >= x2) x2 = x + 1
          if (y < y1) y1 = y
          if (y >= y2) y2 = y + 1
        }
        const at = (y * width + x) * 3
        const under = 1 - alpha / 255
        for (let k = 0; k < 3; k++) {
          const paint = a * rgba[i + k]! + b * rgba[i + 4 + k]! + c * rgba[j + k]! + d * rgba[j + 4 + k]!
          rgb[at + k] = rgb[at + k]! * under + paint * light
        }
      }
    }
    return x2 > x1 ? { box: [x1, y1, x2, y2], pixels } : undefined
  }

  /** Adds sensor noise: each row uses a part of the precomputed noise, from a random offset. */
  #addNoise(): void {
    const rgb = this.rgb
    const noise = this.#noise
    const { width, height } = this.camera
    for (let y = 0; y < height; y++) {
      let from = Math.floor(this.#noiseOffsets.between(0, 1 << 20))
      for (let at = y * width * 3, end = at + width * 3; at < end; at++) rgb[at] = rgb[at]! + noise[from++]!
    }
  }
}
