import { readFile } from 'node:fs/promises'
import { type FoundBox, iou, overlaps, type TrueBox } from './matching.js'

/** Boxes by index of the frame, from 0. */
export type MotBoxes = ReadonlyMap<number, readonly TrueBox[]>

/** Reads MOTChallenge text: frame from 1, id, left, top, width, height, and columns that are not used. */
export async function readMot(path: string): Promise<MotBoxes> {
  const frames = new Map<number, TrueBox[]>()
  for (const line of (await readFile(path, 'utf8')).split('\n')) {
    if (line.trim() === '') continue
    const [frame, id, left, top, width, height] = line.split(',').map(Number)
    if (![frame, id, left, top, width, height].every(Number.isFinite)) {
      throw new Error(`Expected frame,id,left,top,width,height in ${path} but received '${line}'`)
    }
    const box: TrueBox['box'] = [left!, top!, left! + width!, top! + height!] // checked above
    const boxes = frames.get(frame! - 1) ?? []
    boxes.push({ id: id!, box, visible: 1 })
    frames.set(frame! - 1, boxes)
  }
  return frames
}

/** IoU with an ignored box from which on a box that is no true player does not count. */
const ignoredIou = 0.2

/** Leaves out the boxes in ignored places that are not on a true player. */
export function outsideIgnored<Found extends FoundBox>(
  found: readonly Found[],
  truth: readonly TrueBox[],
  ignored: readonly TrueBox[],
): Found[] {
  return found.filter(
    ({ box }) =>
      truth.some(player => overlaps(player.box, box)) ||
      !ignored.some(place => iou(place.box, box) >= ignoredIou),
  )
}
