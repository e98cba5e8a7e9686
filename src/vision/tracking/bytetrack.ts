import type { Detection, TrackedDetection } from '../../types.js'
import { blendShirt, type ShirtColors, shirtDifference } from './appearance.js'
import { assign } from './assignment.js'
import { BoxFilter } from './kalman.js'

/** What is seen of one figure in one frame. */
export interface Observation {
  readonly detection: Detection
  readonly shirt: ShirtColors
}

export interface ByteTrackOptions {
  /** Confidence, 0 to 1, from which a detection is believed; those below can only prolong a track. */
  readonly highThreshold: number
  /** Seconds for which a track that is not seen can still be found again. */
  readonly lostSeconds: number
}

/** What became of a frame's sightings: each is in one of them. */
export interface Association {
  /** Detections of confirmed tracks, by track id. */
  readonly tracked: readonly TrackedDetection[]
  /** Those that began a track, which another frame must confirm. */
  readonly unconfirmed: readonly Detection[]
  /** Those that no track wanted and that could not begin one. */
  readonly lowConfidence: readonly Detection[]
}

/** A detection begins a track only when it is this part of the way from `highThreshold` to 1: 0.1 above 0.4. */
const newTrackShare = 1 / 6

/** The 99.9% quantile of χ² with three degrees of freedom: a box farther off is not this track's. */
const mahalanobisGate = 16.27

/** Nats that a pair may cost; beyond, the figure is more likely somebody new. */
const costGate = 3

/**
 * Nats that a shirt without any common color costs. Team mates differ by 0.1 of it, opponents by 0.6: nothing
 * beside a good position, but where two players meet and position says little, it decides.
 */
const shirtWeight = 5

/** How fast the memory of a shirt follows the light, per sighting. */
const shirtShare = 0.1

/** A track as plain data. */
interface TrackState {
  readonly id: number
  readonly unseenSeconds: number
  readonly filter: readonly number[]
  readonly shirt: readonly number[]
}

/** All that ByteTrack remembers, as plain data. */
export interface ByteTrackState {
  readonly confirmed: readonly TrackState[]
  readonly tentative: readonly TrackState[]
  readonly opened: number
  readonly fresh: boolean
}

class Track {
  private constructor(
    readonly filter: BoxFilter,
    readonly shirt: ShirtColors,
    /** Given when the track is confirmed. */
    public id = 0,
    public unseenSeconds = 0,
  ) {}

  static begin({ detection, shirt }: Observation): Track {
    return new Track(BoxFilter.at(detection.xyxy, detection.confidence), shirt.slice())
  }

  static from({ id, unseenSeconds, filter, shirt }: TrackState): Track {
    return new Track(BoxFilter.from(filter), Float32Array.from(shirt), id, unseenSeconds)
  }

  get state(): TrackState {
    const { id, unseenSeconds, filter, shirt } = this
    return { id, unseenSeconds, filter: filter.state, shirt: [...shirt] }
  }

  /** Negative log-likelihood ratio of a sighting, in nats; Infinity when it cannot be this track's. */
  cost({ detection, shirt }: Observation): number {
    return (
      this.filter.misfit(detection.xyxy, detection.confidence, mahalanobisGate) +
      shirtWeight * shirtDifference(this.shirt, shirt)
    )
  }

  see({ detection, shirt }: Observation): void {
    this.unseenSeconds = 0
    this.filter.update(detection.xyxy, detection.confidence)
    blendShirt(this.shirt, shirt, shirtShare)
  }
}

/**
 * ByteTrack (Zhang et al. 2022): confident detections are associated first, with tracks seen and lost; then the
 * unsure ones, which are mostly players half hidden by others, with the tracks seen last time that are still
 * without one. Confident ones that remain begin tracks, which a second sighting in the next frame confirms.
 *
 * The paper compares boxes by IoU, which is zero for a runner sampled five times a second. Here a pair costs what
 * the motion filter thinks of it, plus the difference of the shirts, and thresholds of time are in seconds, so
 * that any sampling rate, also an irregular one, works. Ids count from 1 and are never used again.
 */
export class ByteTrack {
  readonly #options: ByteTrackOptions
  /** Seen or lost. */
  #confirmed: Track[] = []
  /** Begun in the last frame. */
  #tentative: Track[] = []
  #opened = 0
  /** Nothing was seen before: what is seen now needs no confirmation, since no frame could have given it. */
  #fresh = true

  /** @param state to go on from. */
  constructor(options: ByteTrackOptions, state?: ByteTrackState) {
    this.#options = options
    if (state === undefined) return
    this.#confirmed = state.confirmed.map(Track.from)
    this.#tentative = state.tentative.map(Track.from)
    this.#opened = state.opened
    this.#fresh = state.fresh
  }

  get state(): ByteTrackState {
    return {
      confirmed: this.#confirmed.map(({ state }) => state),
      tentative: this.#tentative.map(({ state }) => state),
      opened: this.#opened,
      fresh: this.#fresh,
    }
  }

  /** Tracks that were given an id. */
  get opened(): number {
    return this.#opened
  }

  /** Those of them that can no longer be found again. */
  get closed(): number {
    return this.#opened - this.#confirmed.length
  }

  /** Closes all tracks: the next frame shows something else. */
  reset(): void {
    this.#confirmed = []
    this.#tentative = []
    this.#fresh = true
  }

  /** The camera has moved the picture, in pixels, since the last frame. */
  shift(dx: number, dy: number): void {
    for (const { filter } of [...this.#confirmed, ...this.#tentative]) filter.shift(dx, dy)
  }

  /** Takes the next frame, `seconds` after the last one. */
  update(sightings: readonly Observation[], seconds: number): Association {
    const { highThreshold, lostSeconds } = this.#options
    for (const { filter } of [...this.#confirmed, ...this.#tentative]) filter.predict(seconds)
    const high = sightings.filter(({ detection }) => detection.confidence >= highThreshold)
    const low = sightings.filter(({ detection }) => detection.confidence < highThreshold)

    const first = match(this.#confirmed, high)
    const visible = first.missed.filter(track => track.unseenSeconds === 0)
    const second = match(visible, low)
    const third = match(this.#tentative, first.left)
    const beginning = third.left.filter(
      ({ detection }) => detection.confidence >= highThreshold + newTrackShare * (1 - highThreshold),
    )
    const lowConfidence = [...second.left, ...third.left.filter(sighting => !beginning.includes(sighting))]

    const found = new Map([...first.pairs, ...second.pairs])
    for (const track of this.#confirmed) if (!found.has(track)) track.unseenSeconds += seconds
    this.#confirmed = this.#confirmed.filter(track => track.unseenSeconds <= lostSeconds)
    for (const [track, sighting] of [...found, ...third.pairs]) track.see(sighting)

    const begun = beginning.map(sighting => [Track.begin(sighting), sighting] as const)
    const unconfirmed = this.#fresh ? [] : beginning
    const newlyConfirmed = this.#fresh ? [...third.pairs, ...begun] : third.pairs
    this.#tentative = this.#fresh ? [] : begun.map(([track]) => track)
    this.#fresh = false
    for (const [track, sighting] of newlyConfirmed) {
      track.id = ++this.#opened
      this.#confirmed.push(track)
      found.set(track, sighting)
    }

    const tracked = Array.from(found, ([track, { detection }]) => ({ ...detection, trackId: track.id }))
    tracked.sort((a, b) => a.trackId - b.trackId)
    return {
      tracked,
      unconfirmed: unconfirmed.map(({ detection }) => detection),
      lowConfidence: lowConfidence.map(({ detection }) => detection),
    }
  }
}

interface Matches {
  readonly pairs: readonly (readonly [Track, Observation])[]
  /** Tracks and sightings that got no partner, in order. */
  readonly missed: readonly Track[]
  readonly left: readonly Observation[]
}

function match(tracks: readonly Track[], sightings: readonly Observation[]): Matches {
  const costs = Float64Array.from(tracks.flatMap(track => sightings.map(sighting => track.cost(sighting))))
  const columnOf = assign(costs, tracks.length, sightings.length, costGate)
  const pairs: (readonly [Track, Observation])[] = []
  const missed: Track[] = []
  const left = new Set(sightings)
  for (const [row, track] of tracks.entries()) {
    const sighting = sightings[columnOf[row]!]
    if (sighting === undefined) {
      missed.push(track)
    } else {
      pairs.push([track, sighting])
      left.delete(sighting)
    }
  }
  return { pairs, missed, left: [...left] }
}
