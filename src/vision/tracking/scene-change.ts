import type { FrameThumbnail, Xyxy } from '../../types.js'
import { iou } from '../detectors/nms.js'
import { centerOf, compare } from './comparison.js'
import { type Pyramid, pyramid } from './detail.js'
import { inverse, type Motion, moveBox, still } from './motion.js'
import { type PackedThumbnail, packed, unpacked } from './packed-thumbnail.js'
import { type Memory, TransitionDetector } from './transition.js'

/** The camera's motion between two frames: a cut, or how the picture moves, in pixels of the thumbnail. */
export type CameraMove = { readonly cut: true } | { readonly cut: false; readonly motion: Motion }

/** A frame as the detector of scene changes sees it. */
export interface Glimpse {
  readonly thumbnail: FrameThumbnail
  /** Boxes of people, in pixels of the thumbnail. */
  readonly boxes: readonly Xyxy[]
  /** Time of the frame in the video. */
  readonly ms: number
}

/** Mean absolute detail, in levels of luma, below which a picture is only noise. */
const leastContrast = 1.5

/** Weight, against the evidence of the pictures, of the share of people who are where they were. */
const peopleWeight = 0.35

/** Evidence for a pan that is under way, per width and frame: it blurs the picture, and is seldom cut off. */
const pan = { weight: 1.5, most: 0.15 }

/**
 * Evidence below which there is a cut. Measured on real clips of five sports at 5 to 30 frames/s, with their own cuts and
 * with cuts made between their shots: within a shot 0.86 and more but for whip pans of half a view and more and close-ups of
 * people; across cuts mostly 0.2 to 0.6, up to 0.87 between two views of one stadium.
 */
const leastEvidence = 0.7

/** State of the detector, for a checkpoint. */
export interface SceneState {
  readonly last?: { readonly thumbnail: PackedThumbnail; readonly boxes: readonly Xyxy[] }
  /** The motion that is expected to continue, as a view of the last picture. */
  readonly view: Motion
  readonly memory: Memory
}

/**
 * Detects changes of the shot and the motion of the camera from consecutive thumbnails. The motion is the one with which the
 * pictures agree best: the same as before, none, or, where neither fits, that of a pan that gathers speed, and the best of all
 * shifts and zooms. At a cut none agrees, or only by what all views of one surface have in common.
 */
export class SceneChangeDetector {
  /** The last picture that shows anything: after a fade to black the next one is compared with what was before. */
  #last: (Omit<Glimpse, 'ms'> & { readonly levels: Pyramid }) | undefined
  /** Motion of the frame before, as a view of the last picture. */
  #view: Motion = still
  readonly #transitions = new TransitionDetector()

  /** Compares with the frames of the previous calls; no motion for the first one and after a change of size. */
  next({ thumbnail, boxes, ms }: Glimpse): CameraMove {
    const levels = pyramid(thumbnail)
    if (levels[0].contrast < leastContrast) {
      this.#view = still
      return { cut: false, motion: still }
    }
    const move = this.#compare(levels, boxes)
    this.#last = { thumbnail, boxes, levels }
    if (move.cut) this.#transitions.reset()
    const motion = move.cut ? still : move.motion
    if (!this.#transitions.next(thumbnail, levels, motion, ms)) return move
    this.#view = still
    return { cut: true }
  }

  #compare(levels: Pyramid, boxes: readonly Xyxy[]): CameraMove {
    const last = this.#last
    const guess = this.#view
    this.#view = still
    const [{ width, height }] = levels
    if (last?.thumbnail.width !== width || last.thumbnail.height !== height) {
      this.#transitions.reset()
      return { cut: false, motion: still }
    }
    const { view, evidence } = compare(last.levels, levels, guess === still ? [still] : [guess, still])
    const pictures = evidence + Math.min(pan.most, pan.weight * speed(guess, last.thumbnail))
    const motion = inverse(view)
    const moved = last.boxes.map(box => moveBox(box, motion))
    const people = Math.max(...[last.boxes, moved].map(before => stay(before, boxes, width * height)))
    if (pictures + peopleWeight * people < leastEvidence) return { cut: true }
    // Where only the people tell that this is no cut, the motion is not known.
    if (pictures < leastEvidence) return { cut: false, motion: still }
    this.#view = view
    return { cut: false, motion }
  }

  get state(): SceneState {
    const last = this.#last
    return {
      ...(last && { last: { thumbnail: packed(last.thumbnail), boxes: last.boxes } }),
      view: this.#view,
      memory: this.#transitions.state,
    }
  }

  set state({ last, view, memory }: SceneState) {
    const thumbnail = last && unpacked(last.thumbnail)
    this.#last = thumbnail && { thumbnail, boxes: last.boxes, levels: pyramid(thumbnail) }
    this.#view = view
    this.#transitions.state = memory
  }
}

/** How far a view moves the center, in widths. */
function speed(view: Motion, { width, height }: FrameThumbnail): number {
  const { x, y } = centerOf(view, width, height)
  return Math.hypot(x - width / 2, y - height / 2) / width
}

/** Overlap (IoU) from which on a box is where it was. */
const samePlace = 0.5

/** Share of the picture from which on people hide it. */
const closeUp = 0.1

/** The share of the people, by their area, who are where they were, if they fill the picture: they hide all else. */
function stay(before: readonly Xyxy[], after: readonly Xyxy[], picture: number): number {
  let [all, same] = [0, 0]
  for (const box of before) {
    const area = areaOf(box)
    all += area
    if (after.some(other => iou(box, other) >= samePlace)) same += area
  }
  return all > 0 ? (same / all) * Math.min(1, same / (closeUp * picture)) : 0
}

const areaOf = ([x1, y1, x2, y2]: Xyxy): number => Math.max(0, x2 - x1) * Math.max(0, y2 - y1)
