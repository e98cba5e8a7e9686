import { openTruth, type Seen, type TrueFrame } from '../../bench/sample/truth.js'

/** A whole truth file. */
export async function readTruth(path: string) {
  const { header, frames } = await openTruth(path)
  const list: TrueFrame[] = []
  for await (const frame of frames) list.push(frame)
  return { header, frames: list, players: list.flatMap(frame => frame.players) }
}

/** The pixels of the frame that show a figure. */
export function seenPixels({ box, mask }: Seen): (readonly [number, number])[] {
  const [x1, y1, x2] = box
  const pixels: (readonly [number, number])[] = []
  let at = 0
  for (const [i, run] of mask.entries()) {
    for (const end = at + run; at < end; at++) {
      if (i % 2 === 1) pixels.push([x1 + (at % (x2 - x1)), y1 + Math.floor(at / (x2 - x1))])
    }
  }
  return pixels
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}
