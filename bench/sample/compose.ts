import type { Camera, View } from './camera.js'
import type { Random } from './random.js'
import type { Drawing } from './sprites.js'
import { type Picture, stamp } from './stamp.js'
import { runLengths, type Seen } from './truth.js'

/** Someone to paint. */
export interface Actor {
  /** From 1; unique in a scene. */
  readonly id: number
  /** Where the feet are: meters across, away, and above the ground. */
  readonly x: number
  readonly z: number
  readonly up: number
  /** Height relative to the drawing. */
  readonly size: number
  readonly drawing: Drawing
  /** Brightness, 0 to 1. */
  readonly light: number
  /** Stands on the floor, which has shadows and reflections. */
  readonly onFloor: boolean
  /** Row of the panorama from which on something in front hides the figure: it ends there, for the truth too. */
  readonly end: number
}

/** What a floor does with those on it. */
export interface Floor {
  /** Depth of a shadow in full light, 0 to 1, and how far to the side it falls, in meters. */
  readonly shadow: number
  readonly slant: number
  /** Share of the light of a figure that is mirrored. */
  readonly mirror: number
}

/** Paints every frame into the same buffer: background, shadows, figures from far to near, noise. */
export class Canvas {
  readonly #picture: Picture
  readonly #noise: Int8Array
  readonly #noiseOffsets: Random

  constructor(
    readonly camera: Camera,
    readonly background: Uint8Array,
    readonly floor: Floor,
    random: Random,
  ) {
    const { width, height } = camera
    this.#picture = {
      width,
      height,
      rgb: new Uint8ClampedArray(width * height * 3),
      owner: new Uint16Array(width * height),
    }
    this.#noise = Int8Array.from({ length: (1 << 20) + camera.width * 3 }, () =>
      Math.round(random.normal(2.2)),
    )
    this.#noiseOffsets = random
  }

  get rgb(): Uint8ClampedArray<ArrayBuffer> {
    return this.#picture.rgb
  }

  /** Paints the scene at `time` seconds. @returns what is seen of those in the frame, from far to near. */
  paint(time: number, scene: readonly Actor[]): Seen[] {
    const { camera, floor } = this
    const picture = this.#picture
    const view = camera.view(time)
    if (view.scale === 1) this.#copy(view)
    else this.#resample(view)
    picture.owner.fill(0)
    const farToNear = scene
      .toSorted((a, b) => b.z - a.z)
      .map(actor => {
        const scale = camera.scale(actor.z) * view.scale
        return {
          actor,
          scale,
          x: (camera.column(actor.x, actor.z) - view.left) * view.scale,
          y: (camera.row(actor.z) - view.top) * view.scale - actor.up * scale,
        }
      })
    for (const { actor, x, y, scale } of farToNear) {
      if (!actor.onFloor) continue
      if (floor.mirror > 0) this.#reflection(actor, x, y, scale)
      this.#shadow(x, y, scale, actor.light)
    }
    const painted = farToNear.map(({ actor, x, y, scale }) => {
      const sprite = actor.drawing.sprite(scale * actor.size)
      const { id, light } = actor
      const end = Math.round((actor.end - view.top) * view.scale)
      return { id, extent: stamp(picture, sprite, { x, y, scale: scale * actor.size, light, id, end }) }
    })
    this.#addNoise()
    return painted.flatMap(({ id, extent }) => {
      if (extent === undefined) return []
      const { runs, seen } = runLengths(picture.owner, camera.width, extent.box, id)
      const visible = Math.round((seen / extent.pixels) * 1000) / 1000
      return [{ id, box: extent.box, visible, mask: runs }]
    })
  }

  /** Copies the panorama from whole columns and rows on. */
  #copy({ left, top }: View): void {
    const { width, height, panoramaWidth } = this.camera
    for (let y = 0; y < height; y++) {
      const from = ((y + top) * panoramaWidth + left) * 3
      this.rgb.set(this.background.subarray(from, from + width * 3), y * width * 3)
    }
  }

  /** Scales a part of the panorama bilinearly. Weights are whole numbers of 256. */
  #resample({ left, top, scale }: View): void {
    const { rgb, background } = this
    const { width, height, panoramaWidth, panoramaHeight } = this.camera
    const place = (start: number, i: number, size: number) =>
      Math.min((size - 1) * 256 - 1, Math.max(0, Math.round((start + (i + 0.5) / scale - 0.5) * 256)))
    const columns = Int32Array.from({ length: width }, (_, x) => place(left, x, panoramaWidth))
    for (let y = 0, at = 0; y < height; y++) {
      const v = place(top, y, panoramaHeight)
      const [row, fv] = [(v >> 8) * panoramaWidth, v & 255]
      for (let x = 0; x < width; x++, at += 3) {
        const u = columns[x]!
        const fu = u & 255
        const i = (row + (u >> 8)) * 3
        const j = i + panoramaWidth * 3
        for (let c = 0; c < 3; c++) {
          const above = background[i + c]! * (256 - fu) + background[i + 3 + c]! * fu
          const below = background[j + c]! * (256 - fu) + background[j + 3 + c]! * fu
          rgb[at + c] = (above * (256 - fv) + below * fv + 32768) >> 16
        }
      }
    }
  }

  /** Paints a soft ellipse beside the feet; paler in the dark. */
  #shadow(x: number, y: number, scale: number, light: number): void {
    const { rgb, floor } = this
    const { width, height } = this.camera
    const [rx, ry] = [0.75 * scale, 0.24 * scale]
    const [cx, cy] = [x + floor.slant * scale, y - 0.06 * scale]
    const depth = floor.shadow * light * light
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

  /** Paints the figure upside down below its feet, faintly. */
  #reflection({ drawing, size, light }: Actor, x: number, y: number, scale: number): void {
    const sprite = drawing.sprite(scale * size)
    const opacity = this.floor.mirror
    stamp(this.#picture, sprite, { x, y, scale: scale * size, light, id: 0, opacity, flip: true })
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
