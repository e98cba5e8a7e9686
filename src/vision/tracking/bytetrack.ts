import type { Detection, TrackedDetection } from '../../types.js'
import { match } from './association.js'
import { coveredBy, mostlyCovered, type Observation, withDoubt } from './evidence.js'
import type { Motion } from './motion.js'
import { Track, type TrackState } from './track.js'

export type { Observation } from './evidence.js'

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
  /** Detections of a track that has only begun. */
  readonly unconfirmed: readonly Detection[]
  /** Detections that match no track and are too faint, or too much covered, to begin one. */
  readonly lowConfidence: readonly Detection[]
}

/** A new track needs a confidence this far from `highThreshold` to 1: 0.5 for a threshold of 0.4. */
const newTrackShare = 1 / 6

/** Least confidence of a detection that starts a track. */
export const startThreshold = (highThreshold: number): number =>
  highThreshold + newTrackShare * (1 - highThreshold)

/** Largest cost of a pair, in nats; above, a new player is more likely. */
const costGate = 3

/** What a faint detection costs more: it is often a part of another player. */
const faintCost = 2

/** Seconds for which a track may be out of sight and still be continued by a faint detection. */
const faintSeconds = 0.2

/** Seconds between the first observation of a track and the one that confirms it, and the longest gap until then. */
const confirmSeconds = 0.09

/** The state of ByteTrack as plain data, for a checkpoint. */
export interface ByteTrackState {
  readonly confirmed: readonly TrackState[]
  readonly tentative: readonly TrackState[]
  readonly opened: number
  readonly fresh: boolean
}

/**
 * After ByteTrack (Zhang et al. 2022): faint detections, mostly partly occluded players, continue the tracks that were seen
 * a moment ago, and begin none. Remaining confident detections begin tracks, which an observation a moment later confirms.
 *
 * The paper associates confident detections first. Then a player whose own box is faint for a moment takes the confident
 * one of a neighbor; here both are associated at once, and a faint one costs more.
 *
 * The paper's cost is IoU, which is zero for a runner sampled five times a second. Here the cost of a pair is the misfit
 * of the motion filter plus the difference of the kits, and times are in seconds, so that any sampling rate works, also
 * an irregular one. Ids count from 1 and are never reused.
 */
export class ByteTrack {
  readonly #options: ByteTrackOptions
  /** Seen in the last frame, or lost. */
  #confirmed: Track[] = []
  /** Begun a moment ago. */
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
    const lost = new Set(this.#confirmed.filter(track => track.unseenSeconds > 0))
    const recent = new Set(this.#confirmed.filter(track => track.unseenSeconds <= faintSeconds))
    for (const track of [...this.#confirmed, ...this.#tentative]) track.predict(seconds)
    const evidence = withDoubt(observations)

    const isFaint = ({ detection }: Observation) => detection.confidence < highThreshold

    const first = match(this.#confirmed, evidence, costGate, lost, (track, observation) =>
      !isFaint(observation) ? 0 : recent.has(track) ? faintCost : Number.POSITIVE_INFINITY,
    )
    const left = first.left.filter(observation => !isFaint(observation))
    const second = match(this.#tentative, left, costGate)
    // A box that mostly shows a player who has a track, or who has a surer box, begins no other.
    const seen = first.pairs.map(([, { detection }]) => detection.xyxy)
    const beginning = second.left.filter(
      ({ detection, covered }) =>
        detection.confidence >= startThreshold(highThreshold) &&
        Math.max(covered, coveredBy(detection.xyxy, seen)) <= mostlyCovered,
    )

    const found = new Map(first.pairs)
    for (const [track, observation] of [...found, ...second.pairs]) track.update(observation)
    this.#confirmed = this.#confirmed.filter(track => track.unseenSeconds <= lostSeconds)

    const begun = beginning.map(observation => [Track.begin(observation), observation] as const)
    // Tracks of the first frame need no confirmation, since no earlier frame could begin them.
    const confirmed = this.#fresh ? begun : second.pairs.filter(([track]) => track.seconds >= confirmSeconds)
    const alive = this.#tentative.filter(
      track => track.unseenSeconds <= confirmSeconds && !confirmed.some(([known]) => known === track),
    )
    this.#tentative = this.#fresh ? [] : [...alive, ...begun.map(([track]) => track)]
    this.#fresh = false
    for (const [track, observation] of confirmed) {
      track.id = ++this.#opened
      this.#confirmed.push(track)
      found.set(track, observation)
    }

    const tracked = Array.from(found, ([track, { detection }]) => ({ ...detection, trackId: track.id }))
    tracked.sort((a, b) => a.trackId - b.trackId)
    const used = new Set([...found.values()])
    const unconfirmed = [...second.pairs.map(([, observation]) => observation), ...beginning].filter(
      observation => !used.has(observation),
    )
    const rest = evidence.filter(observation => !used.has(observation) && !unconfirmed.includes(observation))
    return {
      tracked,
      unconfirmed: unconfirmed.map(({ detection }) => detection),
      lowConfidence: rest.map(({ detection }) => detection),
    }
  }
}
