import type { Region } from '../imaging/colors.js'
import { workMemory } from '../kernels/work-memory.js'
import { findRegions } from '../surface/regions.js'

/** Probabilities from 0 to 1 that a pixel is the person, of a window. */
export interface Probabilities {
  readonly data: ArrayLike<number>
  readonly width: number
  readonly height: number
}

/** From this probability on, a pixel is the person. */
const certain = 0.5
/** From this one on, it joins parts of a person: a foot and a knee on both sides of a sock. */
const joining = 0.2
/** Bytes of work memory for each pixel: a mask and its runs. */
const bytesPerPixel = 16

/**
 * The mask of a crop: of the regions that the joining pixels form, the certain pixels of the one with the most of them.
 * @param window that the probabilities are of, from the upper left corner of the crop.
 * @returns 255 where the person is, else 0, `width * height` bytes.
 */
export function personMask(
  probabilities: Probabilities,
  window: Region,
  width: number,
  height: number,
): Uint8Array<ArrayBuffer> {
  workMemory.reset(bytesPerPixel * (width + 1) * (height + 1))
  const mask = new Uint8Array(width * height)
  const joined = workMemory.bytes(mask.length)
  fillMasks(probabilities, window, width, height, mask, joined)
  const { count, start, end, labels, regions } = findRegions(joined, width, height, workMemory)
  const areas = new Int32Array(regions.length)
  for (let run = 0; run < count; run++) {
    for (let i = start[run]!; i < end[run]!; i++) if (mask[i] !== 0) areas[labels[run]!]!++
  }
  const person = areas.indexOf(areas.reduce((most, area) => Math.max(most, area), 0))
  for (let run = 0; run < count; run++) if (labels[run] !== person) mask.fill(0, start[run], end[run])
  return mask
}

/** Interpolates the probabilities at the pixels of the crop; outside of the window they are 0. */
function fillMasks(
  { data, width: across, height: down }: Probabilities,
  window: Region,
  width: number,
  height: number,
  mask: Uint8Array,
  joined: Uint8Array,
): void {
  const columns = Float64Array.from(
    { length: width },
    (_, x) => ((x + 0.5 - window.x) * across) / window.width,
  )
  for (let y = 0, i = 0; y < height; y++) {
    const v = ((y + 0.5 - window.y) * down) / window.height
    const row = clamped(v - 0.5, down)
    const top = Math.floor(row)
    const bottom = Math.min(down - 1, top + 1) * across
    const low = row - top
    const outside = v < 0 || v > down
    for (let x = 0; x < width; x++, i++) {
      const u = columns[x]!
      const column = clamped(u - 0.5, across)
      const left = Math.floor(column)
      const right = Math.min(across - 1, left + 1)
      const far = column - left
      const above = data[top * across + left]! * (1 - far) + data[top * across + right]! * far
      const below = data[bottom + left]! * (1 - far) + data[bottom + right]! * far
      const value = outside || u < 0 || u > across ? 0 : above + (below - above) * low
      mask[i] = value >= certain ? 255 : 0
      joined[i] = value >= joining ? 1 : 0
    }
  }
}

const clamped = (value: number, size: number): number => Math.min(Math.max(value, 0), size - 1)
