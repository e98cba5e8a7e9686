import type { Pixels, TrackedDetection, Xyxy } from '../types.js'
import type { Rgb } from '../vision/imaging/variant.js'
import { glyphAdvance, glyphHeight, glyphs, unknownGlyph } from './font.js'

/** Line width of a box, in pixels. */
const lineWidth = 2

const black: Rgb = [0, 0, 0]
const white: Rgb = [255, 255, 255]

/**
 * Draws the detections of a frame into a picture of it, in place: a box with `#track confidence` above it for each, and
 * the number and time of the frame in the corner. A class is named unless it is `person`.
 * @param scale pixels of the picture per pixel of the frame, horizontally and vertically.
 */
export function annotate(
  picture: Pixels,
  detections: readonly TrackedDetection[],
  scale: readonly [number, number],
  frame: { readonly index: number; readonly ptsMs: number },
): void {
  drawBoxes(
    picture,
    detections.map(({ xyxy, confidence, trackId, className = 'person' }) => ({
      xyxy,
      text: `#${trackId}${className === 'person' ? '' : ` ${className}`} ${confidence.toFixed(2)}`,
      color: trackColor(trackId),
    })),
    scale,
    `frame ${frame.index} ${clock(frame.ptsMs)}`,
  )
}

/** Draws boxes, each with a text above it, and a caption in the corner. @param scale as for `annotate`. */
export function drawBoxes(
  picture: Pixels,
  boxes: readonly { readonly xyxy: Xyxy; readonly text: string; readonly color: Rgb }[],
  scale: readonly [number, number],
  caption: string,
): void {
  const size = Math.max(1, Math.round(Math.max(picture.width, picture.height) / 640))
  const labelHeight = (glyphHeight + 2) * size
  for (const { xyxy, text, color } of boxes) {
    const left = even(xyxy[0] * scale[0])
    const top = even(xyxy[1] * scale[1])
    const right = Math.max(left + lineWidth, even(xyxy[2] * scale[0]))
    const bottom = Math.max(top + lineWidth, even(xyxy[3] * scale[1]))
    outline(picture, left, top, right, bottom, color)
    // Inside the box if there is no room above it.
    label(picture, text, left, Math.max(0, top - labelHeight), size, color)
  }
  label(picture, caption, 0, 0, size, black)
}

/**
 * The color of a track, the same in every frame and run. The golden ratio spaces the hues, so that any number of
 * them is distinguishable; the green of grass, 75 to 165 degrees, is excluded.
 */
export function trackColor(trackId: number): Rgb {
  const hue = 165 + ((trackId * GOLDEN_RATIO) % 1) * 270
  return [hue, hue - 120, hue + 120].map(channel) as [number, number, number]
}

const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2

/** Value of a color channel, 40 to 255, from its angle to the hue. */
function channel(degrees: number): number {
  const away = Math.abs(((degrees + 540) % 360) - 180)
  return Math.round(40 + 215 * Math.min(1, Math.max(0, (120 - away) / 60)))
}

/** 4:2:0 video has one color per 2 by 2 pixels: lines must start at even pixels. */
const even = (value: number): number => 2 * Math.round(value / 2)

function outline(
  picture: Pixels,
  left: number,
  top: number,
  right: number,
  bottom: number,
  color: Rgb,
): void {
  fill(picture, left, top, right, top + lineWidth, color)
  fill(picture, left, bottom - lineWidth, right, bottom, color)
  fill(picture, left, top, left + lineWidth, bottom, color)
  fill(picture, right - lineWidth, top, right, bottom, color)
}

/** Draws text on a background of `color`, shifted to the left if it would leave the picture. */
function label(picture: Pixels, text: string, x: number, y: number, size: number, color: Rgb): void {
  const width = ([...text].length * glyphAdvance + 1) * size
  const left = even(Math.max(0, Math.min(x, picture.width - width)))
  fill(picture, left, y, left + width, y + (glyphHeight + 2) * size, color)
  const ink = brightness(color) > 128 ? black : white
  for (const [i, character] of [...text.toLowerCase()].entries()) {
    if (character === ' ') continue
    for (const [column, row] of glyphs.get(character) ?? glyphs.get(unknownGlyph) ?? []) {
      const [px, py] = [left + (i * glyphAdvance + 1 + column) * size, y + (row + 1) * size]
      fill(picture, px, py, px + size, py + size, ink)
    }
  }
}

/** Luma of ITU-R BT.601, 0 to 255. */
const brightness = ([r, g, b]: Rgb): number => 0.299 * r + 0.587 * g + 0.114 * b

/** Fills a rectangle, clipped to the picture; right and bottom are exclusive. */
function fill(
  { width, height, rgb }: Pixels,
  left: number,
  top: number,
  right: number,
  bottom: number,
  [r, g, b]: Rgb,
): void {
  const [x1, x2] = [Math.max(0, left), Math.min(width, right)]
  for (let y = Math.max(0, top); y < Math.min(height, bottom); y++) {
    for (let x = x1, p = (y * width + x1) * 3; x < x2; x++) {
      rgb[p++] = r
      rgb[p++] = g
      rgb[p++] = b
    }
  }
}

/** As in `1:02:03.40`; without hours below one hour. */
export function clock(ms: number): string {
  const hundredths = Math.round(ms / 10)
  const [hours, minutes, seconds] = [hundredths / 360_000, (hundredths / 6000) % 60, (hundredths / 100) % 60]
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  const rest = `${two(seconds)}.${two(hundredths % 100)}`
  return hours < 1 ? `${Math.floor(minutes)}:${rest}` : `${Math.floor(hours)}:${two(minutes)}:${rest}`
}
