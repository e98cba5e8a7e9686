import type { Frame, Motion, TrackedDetection, Xyxy } from '../../types.js'
import { chained, inverse, moveBox, still } from '../tracking/motion.js'
import { neighborsOf } from './crowd.js'
import { latest, PlayArea, type Step } from './play-area.js'
import { heightOf, type Mark, newStance, type Stance, shiftOf } from './stance.js'

/** Distance from the place, in heights, from which on a person has left it. */
const left = 0.4
/** Time after which the place is marked anew: errors of the camera's motion add up. */
const placeMs = 10_000
/** Distance, in heights, that is a step of someone who plays, and the least and longest time for it. */
const [stride, leastMs, strideMs] = [0.3, 300, 1000]
/** Time out of sight after which a track may be on another person. */
const gapMs = 500
/** Distance from the rows of the play, in heights, from which on a person is beyond them, and far beyond. */
const [outside, far] = [0.3, 1]
/** Time without leaving the place: in a crowd, alone far beyond the play, and with a size that fits no player there. */
const [crowdMs, aloneMs, sizeMs] = [2000, 5000, 500]
/** Others together with whom a person is in a crowd. */
const crowd = 3
/** Height, as a share of the greatest or least expected in the row, with which a person is not on the plane of the play. */
const [tooTall, tooSmall] = [1.5, 0.5]
/** Largest such share that counts: beyond the horizon there is none. */
const most = 10
/** Distance from the border of the frame, as a share of its height, at which it cuts a box. */
const border = 0.01
/** Time for which a track that is out of sight is remembered: none is lost for longer. */
const memoryMs = 60_000

export interface SpectatorState {
  readonly stances: readonly (readonly [track: number, Stance])[]
  readonly steps: readonly Step[]
  /** From the last frame to the first one of the shot. */
  readonly view: Motion
  /** The way of the camera in this shot, in pixels. */
  readonly travel: number
  /** Of the last frame. */
  readonly ms: number
}

/** Tells spectators, benches and coaches beyond the play by their stillness against the background. */
export class Spectators {
  #stances = new Map<number, Stance>()
  #steps: Step[] = []
  #view = still
  #travel = 0
  #ms = 0

  get state(): SpectatorState {
    const [steps, view, travel, ms] = [this.#steps, this.#view, this.#travel, this.#ms]
    return { stances: [...this.#stances], steps, view, travel, ms }
  }

  restore({ stances, steps, view, travel, ms }: SpectatorState): void {
    this.#stances = new Map(stances)
    this.#steps = [...steps]
    this.#view = view
    this.#travel = travel
    this.#ms = ms
  }

  /** Those of the people of the next frame who do not play. @param motion undefined where a shot begins. */
  among(
    frame: Instant,
    people: readonly TrackedDetection[],
    motion: Motion | undefined,
  ): ReadonlySet<TrackedDetection> {
    this.#follow(motion, frame)
    const seen = people.map(person => this.#see(person, frame))
    for (const [track, { lastMs }] of this.#stances)
      if (frame.ptsMs - lastMs > memoryMs) this.#stances.delete(track)
    this.#steps = latest(this.#steps, frame.ptsMs)
    this.#ms = frame.ptsMs
    const area = PlayArea.from(this.#steps)
    const standing = seen.filter(({ stance }) => !stance.moved)
    return area === undefined || standing.length === 0 ? new Set() : this.#tell(standing, area)
  }

  #follow(motion: Motion | undefined, { width, height }: Instant): void {
    if (motion === undefined) {
      this.restore({ stances: [], steps: [], view: still, travel: 0, ms: this.#ms })
      return
    }
    const before = middleOf(this.#view, width, height)
    this.#view = chained(inverse(motion), this.#view)
    const middle = middleOf(this.#view, width, height)
    this.#travel += Math.hypot(middle.x - before.x, middle.y - before.y)
  }

  #see(person: TrackedDetection, { ptsMs: ms, width, height }: Instant) {
    const { trackId, xyxy } = person
    const box = moveBox(xyxy, this.#view)
    const margin = border * height
    const isCutBelow = xyxy[3] > height - margin
    // The sides of a box that is cut move with what is in sight.
    const isWhole = xyxy[0] > margin && xyxy[1] > margin && xyxy[2] < width - margin && !isCutBelow
    const now: Mark = { box, ms, travel: this.#travel }
    const before = this.#stances.get(trackId) ?? newStance(now)
    const isFound = before.lastMs < this.#ms && ms - before.lastMs > gapMs
    const hasLeft = shiftOf(before.place, now) >= left
    const { recent } = before
    const isStep = isWhole && !isFound && ms - recent.ms >= leastMs && shiftOf(recent, now) >= stride
    if (isStep) this.#steps.push({ track: trackId, ms, y: box[3], height: heightOf(box) })
    const stance: Stance = {
      // After a gap a track may be on another person, who has not come all the way.
      ...(isFound && hasLeft ? newStance(now) : before),
      ...(ms - before.place.ms >= placeMs && { place: now }),
      ...((isStep || isFound || !isWhole || ms - recent.ms >= strideMs) && { recent: now }),
      lastMs: ms,
      moved: before.moved || (hasLeft && !isFound),
    }
    this.#stances.set(trackId, stance)
    return { person, box, stance, isCutBelow }
  }

  #tell(standing: readonly Seen[], area: PlayArea): Set<TrackedDetection> {
    const told = standing.map(seen => ({ ...seen, ...this.#compare(seen, area) }))
    const beyond = told.filter(({ distance }) => distance > outside)
    const waiting = beyond.filter(({ stood }) => stood >= crowdMs)
    const isInCrowd = ({ box }: Seen) => neighborsOf(box, waiting) >= crowd
    return new Set(
      [
        ...told.filter(({ isUnfit, stood }) => isUnfit && stood >= sizeMs),
        ...beyond.filter(seen => (seen.distance > far && seen.stood >= aloneMs) || isInCrowd(seen)),
      ].map(({ person }) => person),
    )
  }

  /** Compares with those who play, and adds to what is known of the person's size. */
  #compare({ person, box, stance, isCutBelow }: Seen, area: PlayArea) {
    const tall = heightOf(box)
    const [least, greatest] = area.heights(box[3])
    const size = tall > greatest ? Math.min(most, tall / greatest) : Math.min(1, tall / least)
    const [sizes, sized] = [stance.sizes + size, stance.sized + 1]
    this.#stances.set(person.trackId, { ...stance, sizes, sized })
    return {
      distance: area.distance(box[3]) / tall,
      stood: stance.lastMs - stance.startMs,
      isUnfit: sizes > tooTall * sized || (isCutBelow && sizes < tooSmall * sized),
    }
  }
}

type Instant = Pick<Frame, 'ptsMs' | 'width' | 'height'>

interface Seen {
  readonly person: TrackedDetection
  readonly box: Xyxy
  readonly stance: Stance
  readonly isCutBelow: boolean
}

const middleOf = ({ a, b, dx, dy }: Motion, width: number, height: number) => ({
  x: (a * width - b * height) / 2 + dx,
  y: (b * width + a * height) / 2 + dy,
})
