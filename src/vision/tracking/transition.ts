import type { FrameThumbnail } from '../../types.js'
import { align, bestOf, compare, type Fit } from './comparison.js'
import { type Pyramid, pyramid } from './detail.js'
import { mixtureOf, reliefOf } from './mixture.js'
import { chained, inverse, type Motion, resized, still } from './motion.js'
import { type PackedThumbnail, packed, unpacked } from './packed-thumbnail.js'

/** Least milliseconds between two pictures that are kept, and the longest for which one is: most transitions take less. */
const spacing = 170
const longest = 1500

/** Pictures from one that is kept to the middle of a transition, and as many to its end: long ones first. */
const halves = [3, 2, 1]

/** Agreement from which on two pictures show one shot, so that nothing happened between them. */
const alike = 0.6

/** Share of the picture that must still be in view: two pictures with less in common cannot be compared. */
const leastView = 0.75

/**
 * Evidence below which two pictures may be of two shots, and below which they surely are. Within a shot, 1.2 s apart with
 * most still in view, it is 0.45 and more on real clips of five sports.
 */
const [other, surelyOther] = [0.55, 0.2]

/**
 * Of a picture in the middle of a transition: least share of each shot in it, most of what both have, and of neither, in
 * parts of the lesser share: one who walks past the camera looks like a wipe, but hides what is in neither.
 */
const mixed = { each: 0.12, either: 0.5, neither: 1.7 }

/** A picture that is kept. */
interface Kept {
  readonly thumbnail: FrameThumbnail
  readonly levels: Pyramid
  readonly ms: number
  /** How the camera has moved it since, in pixels of the thumbnail. */
  motion: Motion
}

/** State of the detector, for a checkpoint: the pictures that are kept. */
export type Memory = readonly {
  readonly thumbnail: PackedThumbnail
  readonly ms: number
  readonly motion: Motion
}[]

/**
 * Detects dissolves and wipes: no picture differs much from the next, but the last one is of another shot than that of a
 * second before, and the one between them is made of both. So that a pan, or what walks through the picture, is no
 * transition, the pictures must be comparable: the camera has not moved away from what it showed, as far as its motion is
 * known.
 */
export class TransitionDetector {
  #kept: Kept[] = []

  /** After the camera's motion since the frame before. Whether a transition to another shot has ended, or nearly. */
  next(thumbnail: FrameThumbnail, levels: Pyramid, motion: Motion, ms: number): boolean {
    for (const kept of this.#kept) kept.motion = chained(kept.motion, motion)
    const last = this.#kept.at(-1)
    if (last !== undefined && ms >= last.ms && ms - last.ms < spacing) return false
    this.#kept = this.#kept.filter(kept => kept.ms <= ms && ms - kept.ms <= longest)
    this.#kept.push({ thumbnail, levels, ms, motion: still })
    this.#kept.splice(0, this.#kept.length - 1 - 2 * halves[0]!)
    if (!this.#hasChanged()) return false
    this.reset()
    return true
  }

  /** Forgets all pictures, at a cut. */
  reset(): void {
    this.#kept = []
  }

  get state(): Memory {
    return this.#kept.map(({ thumbnail, ms, motion }) => ({ thumbnail: packed(thumbnail), ms, motion }))
  }

  set state(memory: Memory) {
    this.#kept = memory.map(({ thumbnail: stored, ms, motion }) => {
      const thumbnail = unpacked(stored)
      return { thumbnail, levels: pyramid(thumbnail), ms, motion }
    })
  }

  #hasChanged(): boolean {
    for (const half of halves) {
      const [before, middle, after] = [1 + 2 * half, 1 + half, 1].map(back => this.#kept.at(-back))
      if (!before || !middle || !after) continue
      if (inView(before.motion, after.levels[0]) < leastView) continue
      const view = inverse(before.motion)
      if (aligned(before, after, view).agreement >= alike) return false
      const limit = isMadeOf(before, middle, after) ? other : surelyOther
      if (compare(before.levels, after.levels, [view, still], limit).evidence < limit) return true
    }
    return false
  }
}

const aligned = (last: Kept, now: Kept, view: Motion): Fit =>
  bestOf([view, still].map(view => align(last.levels, now.levels, view)))

function isMadeOf(before: Kept, middle: Kept, after: Kept): boolean {
  const toBefore = aligned(before, middle, chained(middle.motion, inverse(before.motion))).view
  const toAfter = aligned(after, middle, middle.motion).view
  const { first, second, either, neither } = mixtureOf(
    { relief: reliefOf(before.thumbnail), view: resized(toBefore, 1 / 2) },
    reliefOf(middle.thumbnail),
    { relief: reliefOf(after.thumbnail), view: resized(toAfter, 1 / 2) },
  )
  const each = Math.min(first, second)
  return each >= mixed.each && either <= mixed.either && neither <= mixed.neither * each
}

/** Share of a picture that a motion leaves in the picture. */
function inView({ a, b, dx, dy }: Motion, { width, height }: { width: number; height: number }): number {
  const steps = 10
  let inside = 0
  for (let i = 0; i < steps ** 2; i++) {
    const x = (((i % steps) + 0.5) / steps) * width
    const y = ((Math.floor(i / steps) + 0.5) / steps) * height
    const [u, v] = [a * x - b * y + dx, b * x + a * y + dy]
    if (u >= 0 && v >= 0 && u < width && v < height) inside++
  }
  return inside / steps ** 2
}
