import type { Frame, Motion, TrackedDetection, Xyxy } from '../../types.js'
import { compose, inverse, moveBox, still } from '../tracking/motion.js'
import { latest, PlayArea, type Step } from './play-area.js'
import { heightOf, newStance, type Stance, shiftOf } from './stance.js'

/** Distance from the place where the track began, in heights, from which on a person has moved. */
const left = 0.4
/** Distance, in heights, that is a step of someone who plays, and the least and longest time for it. */
const [stride, leastMs, strideMs] = [0.3, 300, 1000]
/** Time out of sight after which a track may be on another person. */
const gapMs = 500
/** Distance from the rows of the play, in heights, from which on a person is beyond them, and far beyond. */
const [outside, far] = [0.3, 1]
/** Time without leaving the place: in a crowd, alone far beyond the play, and with a size that fits no player there. */
const [crowdMs, aloneMs, sizeMs] = [2000, 5000, 500]
/** A crowd: so many others, at most so far away, in heights, and at most so many times as tall or small. */
const [crowd, near, asTall] = [3, 2, 1.6]
/** Height, as a share of the greatest or least expected in the row, with which a person is not on the plane of the play. */
const [tooTall, tooSmall] = [1.5, 0.5]
/** Distance from the border of the frame, as a share of its height, at which it cuts a box. */
const border = 0.01
/** Time for which a track that is out of sight is remembered: none is lost for longer. */
const memoryMs = 60_000

export interface SpectatorState {
  readonly stances: readonly (readonly [track: number, Stance])[]
  readonly steps: readonly Step[]
  /** From the last frame to the first one of the shot. */
  readonly view: Motion
  /** Of the last frame. */
  readonly ms: number
}

/** Tells spectators, benches and coaches beyond the play by their stillness against the background. */
export class Spectators {
  #stances = new Map<number, Stance>()
  #steps: Step[] = []
  #view = still
  #ms = Number.NEGATIVE_INFINITY

  get state(): SpectatorState {
    return { stances: [...this.#stances], steps: this.#steps, view: this.#view, ms: this.#ms }
  }

  restore({ stances, steps, view, ms }: SpectatorState): void {
    this.#stances = new Map(stances)
    this.#steps = [...steps]
    this.#view = view
    this.#ms = ms
  }

  /** Those of the people of the next frame who do not play. @param motion undefined where a shot begins. */
  among(
    frame: Pick<Frame, 'ptsMs' | 'width' | 'height'>,
    people: readonly TrackedDetection[],
    motion: Motion | undefined,
  ): ReadonlySet<TrackedDetection> {
    this.#follow(motion)
    const seen = people.map(person => this.#see(person, frame))
    for (const [track, { lastMs }] of this.#stances)
      if (frame.ptsMs - lastMs > memoryMs) this.#stances.delete(track)
    this.#steps = latest(this.#steps, frame.ptsMs)
    this.#ms = frame.ptsMs
    const area = PlayArea.from(this.#steps)
    const standing = seen.filter(({ stance }) => !stance.moved)
    return area === undefined || standing.length === 0 ? new Set() : this.#tell(standing, area)
  }

  #follow(motion: Motion | undefined): void {
    if (motion === undefined) {
      this.restore({ stances: [], steps: [], view: still, ms: this.#ms })
    } else {
      this.#view = compose(this.#view, inverse(motion))
    }
  }

  #see(person: TrackedDetection, { ptsMs: ms, width, height }: Pick<Frame, 'ptsMs' | 'width' | 'height'>) {
    const { trackId, xyxy } = person
    const box = moveBox(xyxy, this.#view)
    const margin = border * height
    const isCutBelow = xyxy[3] > height - margin
    // The sides of a box that is cut move with what is in sight.
    const isWhole = xyxy[0] > margin && xyxy[1] > margin && xyxy[2] < width - margin && !isCutBelow
    const before = this.#stances.get(trackId) ?? newStance(box, ms)
    const isFound = before.lastMs < this.#ms && ms - before.lastMs > gapMs
    const isElsewhere = shiftOf(before.start, box) >= left
    const isStep =
      isWhole && !isFound && ms - before.recentMs >= leastMs && shiftOf(before.recent, box) >= stride
    if (isStep) this.#steps.push({ track: trackId, ms, y: box[3], height: heightOf(box) })
    const isDue = isStep || isFound || !isWhole || ms - before.recentMs >= strideMs
    const stance: Stance = {
      // After a gap a track may be on another person, who has not come all the way.
      ...(isFound && isElsewhere ? newStance(box, ms) : before),
      ...(isDue && { recent: box, recentMs: ms }),
      lastMs: ms,
      moved: before.moved || (isElsewhere && !isFound),
    }
    this.#stances.set(trackId, stance)
    return { person, box, stance, isCutBelow }
  }

  #tell(standing: readonly Seen[], area: PlayArea): Set<TrackedDetection> {
    const told = standing.map(seen => ({ ...seen, ...this.#compare(seen, area) }))
    const beyond = told.filter(({ distance }) => distance > outside)
    const crowdOf = beyond.filter(({ stood }) => stood >= crowdMs)
    const isInCrowd = ({ box }: Seen) =>
      crowdOf.filter(other => other.box !== box && isNear(box, other.box)).length >= crowd
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
    const size = tall > greatest ? tall / Math.max(1, greatest) : Math.min(1, tall / Math.max(1, least))
    const [sizes, sized] = [stance.sizes + size, stance.sized + 1]
    this.#stances.set(person.trackId, { ...stance, sizes, sized })
    return {
      distance: area.distance(box[3]) / tall,
      stood: stance.lastMs - stance.startMs,
      isUnfit: sizes > tooTall * sized || (isCutBelow && sizes < tooSmall * sized),
    }
  }
}

interface Seen {
  readonly person: TrackedDetection
  readonly box: Xyxy
  readonly stance: Stance
  readonly isCutBelow: boolean
}

function isNear(box: Xyxy, other: Xyxy): boolean {
  const [tall, others] = [heightOf(box), heightOf(other)]
  const across = Math.abs(box[0] + box[2] - other[0] - other[2]) / 2
  const isBeside = across < near * tall && Math.abs(box[3] - other[3]) < near * tall
  return isBeside && others < asTall * tall && tall < asTall * others
}
