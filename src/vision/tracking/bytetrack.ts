import type { Detection, TrackedDetection } from '../../types.js'
import { blendShirt, type ShirtColors, shirtDifference } from './appearance.js'
import { assign } from './assignment.js'
import { BoxFilter } from './kalman.js'
import type { Motion } from './motion.js'

/** One detected player in one frame. */
export interface Observation {
  readonly detection: Detection
  readonly shirt: ShirtColors
}

export interface ByteTrackOptions {
  /** Confidence, 0 to 1, from which on a detection takes part in the first association; others only continue tracks. */
  readonly highThreshold: number
  /** Seconds without an observation after which a track is closed. */
  readonly lostSeconds: number
}

/** The result for one frame: each detection is in exactly one of the lists. */
export interface Association {
  /** Detections of confirmed tracks, by track id. */
  readonly tracked: readonly TrackedDetection[]
  /** Detections that began a track, which the next frame must confirm. */
  readonly unconfirmed: readonly Detection[]
  /** Detections that match no track and are not confident enough to begin one. */
  readonly lowConfidence: readonly Detection[]
}

/** A new track needs a confidence this far from `highThreshold` to 1: 0.5 for a threshold of 0.4. */
const newTrackShare = 1 / 6

/** Least confidence of a detection that starts a track. */
export const startThreshold = (highThreshold: number): number =>
  highThreshold + newTrackShare * (1 - highThreshold)

/** 99.9% quantile of χ² with three degrees of freedom: the largest squared distance of a box from its track. */
const mahalanobisGate = 16.27

/** Largest cost of a pair, in nats; above, a new player is more likely. */
const costGate = 3

/**
 * Cost, in nats, of a shirt without any common color. Teammates differ by 0.1 of it, opponents by 0.6: little compared
 * to a good position, but decisive where two players meet and their positions are ambiguous.
 */
const shirtWeight = 5

/** Weight of a new observation in the track's shirt histogram, which so adapts to the light. */
const shirtShare = 0.1

/** The state of a track as plain data. */
interface TrackState {
  readonly id: number
  readonly unseenSeconds: number
  readonly filter: readonly number[]
  readonly shirt: readonly number[]
}

/** The state of ByteTrack as plain data, for a checkpoint. */
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
    /** 0 until the track is confirmed. */
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

  /** Negative log-likelihood ratio of an observation, in nats; Infinity when it cannot belong to this track. */
  cost({ detection, shirt }: Observation): number {
    return (
      this.filter.misfit(detection.xyxy, detection.confidence, mahalanobisGate) +
      shirtWeight * shirtDifference(this.shirt, shirt)
    )
  }

  update({ detection, shirt }: Observation): void {
    this.unseenSeconds = 0
    this.filter.update(detection.xyxy, detection.confidence)
    blendShirt(this.shirt, shirt, shirtShare)
  }
}

/**
 * ByteTrack (Zhang et al. 2022): confident detections are associated first, with all confirmed tracks; then the others,
 * mostly partly occluded players, with the unmatched tracks that were seen in the last frame. Remaining confident
 * detections begin tracks, which an observation in the next frame confirms.
 *
 * The paper's cost is IoU, which is zero for a runner sampled five times a second. Here the cost of a pair is the misfit
 * of the motion filter plus the difference of the shirts, and times are in seconds, so that any sampling rate works, also
 * an irregular one. Ids count from 1 and are never reused.
 */
export class ByteTrack {
  readonly #options: ByteTrackOptions
  /** Seen in the last frame, or lost. */
  #confirmed: Track[] = []
  /** Begun in the last frame. */
  #tentative: Track[] = []
  #opened = 0
  /** No frame was seen yet: tracks of the first one need no confirmation, since no earlier frame could begin them. */
  #fresh = true

  /** @param state to resume from. */
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

  /** Number of tracks with an id. */
  get opened(): number {
    return this.#opened
  }

  /** Number of them that are closed. */
  get closed(): number {
    return this.#opened - this.#confirmed.length
  }

  /** Closes all tracks, at a cut. */
  reset(): void {
    this.#confirmed = []
    this.#tentative = []
    this.#fresh = true
  }

  /** Moves all tracks by the camera's motion since the last frame, in pixels. */
  move(motion: Motion): void {
    for (const { filter } of [...this.#confirmed, ...this.#tentative]) filter.move(motion)
  }

  /** Associates the observations of the next frame, `seconds` after the last one. */
  update(observations: readonly Observation[], seconds: number): Association {
    const { highThreshold, lostSeconds } = this.#options
    for (const { filter } of [...this.#confirmed, ...this.#tentative]) filter.predict(seconds)
    const high = observations.filter(({ detection }) => detection.confidence >= highThreshold)
    const low = observations.filter(({ detection }) => detection.confidence < highThreshold)

    const first = match(this.#confirmed, high)
    const visible = first.missed.filter(track => track.unseenSeconds === 0)
    const second = match(visible, low)
    const third = match(this.#tentative, first.left)
    const beginning = third.left.filter(
      ({ detection }) => detection.confidence >= startThreshold(highThreshold),
    )
    const lowConfidence = [
      ...second.left,
      ...third.left.filter(observation => !beginning.includes(observation)),
    ]

    const found = new Map([...first.pairs, ...second.pairs])
    for (const track of this.#confirmed) if (!found.has(track)) track.unseenSeconds += seconds
    this.#confirmed = this.#confirmed.filter(track => track.unseenSeconds <= lostSeconds)
    for (const [track, observation] of [...found, ...third.pairs]) track.update(observation)

    const begun = beginning.map(observation => [Track.begin(observation), observation] as const)
    const unconfirmed = this.#fresh ? [] : beginning
    const newlyConfirmed = this.#fresh ? [...third.pairs, ...begun] : third.pairs
    this.#tentative = this.#fresh ? [] : begun.map(([track]) => track)
    this.#fresh = false
    for (const [track, observation] of newlyConfirmed) {
      track.id = ++this.#opened
      this.#confirmed.push(track)
      found.set(track, observation)
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
  /** Unmatched tracks and observations, in order. */
  readonly missed: readonly Track[]
  readonly left: readonly Observation[]
}

function match(tracks: readonly Track[], observations: readonly Observation[]): Matches {
  const costs = Float64Array.from(
    tracks.flatMap(track => observations.map(observation => track.cost(observation))),
  )
  const columnOf = assign(costs, tracks.length, observations.length, costGate)
  const pairs: (readonly [Track, Observation])[] = []
  const missed: Track[] = []
  const left = new Set(observations)
  for (const [row, track] of tracks.entries()) {
    const observation = observations[columnOf[row]!]
    if (observation === undefined) {
      missed.push(track)
    } else {
      pairs.push([track, observation])
      left.delete(observation)
    }
  }
  return { pairs, missed, left: [...left] }
}
