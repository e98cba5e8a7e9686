import type { Picture } from '../../types.js'
import { BoxFilter } from '../tracking/kalman.js'
import type { Motion } from '../tracking/motion.js'
import { KitMean } from './kit-mean.js'
import type { TrackBox } from './shared-motion.js'
import type { Missing, Sighting, TrackSummary } from './track-summary.js'

/** Seconds between two looks at the colors of a track: those of the frames between are nearly the same. */
const kitSeconds = 0.2

export interface OpenTrackState {
  readonly summary: TrackSummary
  readonly filter: readonly number[]
  readonly kitSeconds: number
}

/** A box of a track, how inexact it is, and when it is seen. */
export interface Look extends TrackBox {
  /** 0 to 1. */
  readonly doubt: number
  readonly frame: number
  readonly seconds: number
  readonly shot: number
}

/** A track that is in sight, or was a moment ago, so that its position still tells something. */
export class OpenTrack {
  #kit = new KitMean()
  #kitAt = Number.NEGATIVE_INFINITY
  #filter: BoxFilter
  #summary: TrackSummary

  private constructor(filter: BoxFilter, summary: TrackSummary) {
    this.#filter = filter
    this.#summary = summary
  }

  static begin(look: Look, missing: readonly Missing[]): OpenTrack {
    const sighting = sightingOf(look)
    return new OpenTrack(BoxFilter.at(look.xyxy, look.doubt), {
      ...{ id: look.id, first: sighting, last: sighting, sightings: 0 },
      ...{ shots: [look.shot, look.shot], kit: { colors: [], weight: 0 }, missing },
    })
  }

  /** A track that is in sight again after a long time. */
  static reopen(summary: TrackSummary, { xyxy, doubt }: Look): OpenTrack {
    const track = new OpenTrack(BoxFilter.at(xyxy, doubt), summary)
    track.#kit = KitMean.from(summary.kit)
    return track
  }

  static from({ summary, filter, kitSeconds: at }: OpenTrackState): OpenTrack {
    const track = new OpenTrack(BoxFilter.from(filter), summary)
    track.#kit = KitMean.from(summary.kit)
    track.#kitAt = at
    return track
  }

  get state(): OpenTrackState {
    const summary = { ...this.#summary, kit: this.#kit.state }
    return { summary, filter: this.#filter.state, kitSeconds: this.#kitAt }
  }

  get summary(): TrackSummary {
    return { ...this.#summary, kit: this.#kit.rounded }
  }

  get lastSeconds(): number {
    return this.#summary.last.seconds
  }

  /** Time passes, and the camera moves the picture. */
  predict(motion: Motion, seconds: number): void {
    this.#filter.move(motion)
    this.#filter.predict(seconds)
  }

  update(picture: Picture, look: Look): void {
    this.#filter.update(look.xyxy, look.doubt)
    if (look.seconds - this.#kitAt >= kitSeconds) {
      this.#kit.add(picture, look.xyxy, 1 - look.doubt / 2)
      this.#kitAt = look.seconds
    }
    this.#summary = {
      ...this.#summary,
      last: sightingOf(look),
      sightings: this.#summary.sightings + 1,
      shots: [this.#summary.shots[0], look.shot],
    }
  }

  /** Where this track is missed when another one begins. */
  missedAt({ xyxy, doubt, seconds }: Look): Missing {
    const [x1, y1, x2, y2] = xyxy
    const [x, y, height] = this.#filter.expected
    return {
      track: this.#summary.id,
      seconds: round(seconds - this.lastSeconds),
      distance: round(Math.hypot((x1 + x2) / 2 - x, (y1 + y2) / 2 - y) / height),
      size: round((y2 - y1) / height),
      misfit: round(this.#filter.misfit(xyxy, doubt)),
    }
  }

  /** Two tracks that are seen in one frame are two people. */
  meets(others: ReadonlySet<number>): void {
    if (!this.#summary.missing.some(({ track }) => others.has(track))) return
    const missing = this.#summary.missing.filter(({ track }) => !others.has(track))
    this.#summary = { ...this.#summary, missing }
  }
}

const sightingOf = ({ frame, seconds }: Look): Sighting => ({ frame, seconds })

const round = (value: number): number => Math.round(value * 1000) / 1000
