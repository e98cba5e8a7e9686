import sharp from 'sharp'
import { figureSvg, type Gait, type Look } from './figure.js'

/** A picture in premultiplied RGBA with a margin of at least one transparent pixel. */
export interface Sprite {
  readonly width: number
  readonly height: number
  readonly rgba: Uint8Array<ArrayBuffer>
  /** Pixels per meter. */
  readonly scale: number
  /** Position of the ground point in the picture. */
  readonly originX: number
  readonly originY: number
}

const phases: Record<Gait, number> = { run: 8, walk: 4, stand: 1 }
const headings = 8
/** Room for any pose, in meters: across, up to the ground, and in all. */
const cell = { width: 1.84, ground: 1.98, height: 2.12 } as const

/** One drawing at two sizes. */
export interface Drawing {
  /** The size that is best scaled to `scale` pixels per meter. */
  sprite(scale: number): Sprite
}

/** Every pose of one player, drawn when it is needed: in a short clip most never are. */
export class Poses {
  readonly #strides = new Map<string, Promise<Drawing[]>>()

  /** @param scale pixels per meter at which the poses are drawn; a second set has half of it. */
  constructor(
    readonly look: Look,
    readonly scale: number,
  ) {}

  async pose(gait: Gait, heading: number, phase: number): Promise<Drawing> {
    const direction = modulo(Math.round((heading / (2 * Math.PI)) * headings), headings)
    const key = `${gait} ${direction}`
    const stride = this.#strides.get(key) ?? this.#draw(gait, direction)
    this.#strides.set(key, stride)
    return (await stride)[modulo(Math.floor(phase * phases[gait]), phases[gait])]!
  }

  /** All phases of a stride in one direction. */
  #draw(gait: Gait, direction: number): Promise<Drawing[]> {
    const figures = Array.from({ length: phases[gait] }, (_, phase) =>
      figureSvg(this.look, gait, (direction / headings) * 2 * Math.PI, phase / phases[gait]),
    )
    return drawSheet(figures, figures.length, this.scale)
  }
}

/** Draws figures, as `figureSvg` gives them, on one sheet, and cuts it up. */
export async function drawSheet(
  figures: readonly string[],
  columns: number,
  scale: number,
): Promise<Drawing[]> {
  if (figures.length === 0) return []
  const [cellWidth, cellHeight] = [Math.ceil(cell.width * scale), Math.ceil(cell.height * scale)]
  const groundRow = Math.round(cell.ground * scale)
  const placed = figures.map((figure, i) => {
    const [x, y] = [((i % columns) + 0.5) * cellWidth, Math.floor(i / columns) * cellHeight + groundRow]
    return `<g transform="translate(${x} ${y}) scale(${scale})">${figure}</g>`
  })
  const [width, height] = [columns * cellWidth, Math.ceil(figures.length / columns) * cellHeight]
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${placed.join('')}</svg>`
  const sheet = await sharp(Buffer.from(svg)).ensureAlpha().raw().toBuffer()
  return figures.map((_, i) => {
    const [left, top] = [(i % columns) * cellWidth, Math.floor(i / columns) * cellHeight]
    const picture = cut(sheet, width, left, top, cellWidth, cellHeight)
    const [originX, originY] = [cellWidth / 2 - picture.left, groundRow - picture.top]
    const full = { ...picture, scale, originX, originY }
    const half = halve(full)
    return { sprite: wanted => (wanted < 0.55 * scale ? half : full) }
  })
}

/** Cuts a cell out of the sheet: premultiplied and trimmed, with a margin of two transparent pixels. */
function cut(
  sheet: Uint8Array,
  stride: number,
  left: number,
  top: number,
  cellWidth: number,
  cellHeight: number,
) {
  let [x1, y1, x2, y2] = [cellWidth, cellHeight, 0, 0]
  for (let y = 0; y < cellHeight; y++) {
    for (let x = 0; x < cellWidth; x++) {
      if (sheet[((top + y) * stride + left + x) * 4 + 3] === 0) continue
      x1 = Math.min(x1, x)
      x2 = Math.max(x2, x + 1)
      y1 = Math.min(y1, y)
      y2 = Math.max(y2, y + 1)
    }
  }
  const margin = 2
  // Even sizes, so that the half picture covers all of it.
  const width = (x2 - x1 + 2 * margin + 1) & ~1
  const height = (y2 - y1 + 2 * margin + 1) & ~1
  const rgba = new Uint8Array(width * height * 4)
  for (let y = y1; y < y2; y++) {
    for (let x = x1; x < x2; x++) {
      const from = ((top + y) * stride + left + x) * 4
      const to = ((y - y1 + margin) * width + x - x1 + margin) * 4
      const alpha = sheet[from + 3]!
      for (let c = 0; c < 3; c++) rgba[to + c] = Math.round((sheet[from + c]! * alpha) / 255)
      rgba[to + 3] = alpha
    }
  }
  return { width, height, rgba, left: x1 - margin, top: y1 - margin }
}

/** Halves a sprite; the margin has one pixel then. */
function halve(full: Sprite): Sprite {
  const [width, height] = [full.width / 2, full.height / 2]
  const rgba = new Uint8Array(width * height * 4)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 4; c++) {
        const i = (2 * y * full.width + 2 * x) * 4 + c
        const j = i + full.width * 4
        rgba[(y * width + x) * 4 + c] =
          (full.rgba[i]! + full.rgba[i + 4]! + full.rgba[j]! + full.rgba[j + 4]! + 2) >> 2
      }
    }
  }
  return { width, height, rgba, scale: full.scale / 2, originX: full.originX / 2, originY: full.originY / 2 }
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by
}
