import { blendShirt, type ShirtColors, shirtDifference } from './appearance.js'
import type { Evidence } from './evidence.js'
import { BoxFilter } from './kalman.js'

/**
 * Cost, in nats, of a shirt without any common color. Teammates differ by 0.1 of it, opponents by 0.6: little compared
 * to a good position, but decisive where two players meet and their positions are ambiguous.
 */
const shirtWeight = 5

/** Time constant, in seconds, with which the shirt of a track follows the observed one, and so the light. */
const shirtSeconds = 2

/** The state of a track as plain data. */
export interface TrackState {
  readonly id: number
  readonly seconds: number
  readonly unseenSeconds: number
  readonly filter: readonly number[]
  readonly shirt: readonly number[]
}

/** What is known of one player from the observations so far. */
export class Track {
  private constructor(
    readonly filter: BoxFilter,
    readonly shirt: ShirtColors,
    /** 0 until the track is confirmed. */
    public id = 0,
    /** Since the first observation, and since the last one. */
    public seconds = 0,
    public unseenSeconds = 0,
  ) {}

  static begin({ detection, shirt, doubt }: Evidence): Track {
    return new Track(BoxFilter.at(detection.xyxy, doubt), shirt.slice())
  }

  static from({ id, seconds, unseenSeconds, filter, shirt }: TrackState): Track {
    return new Track(BoxFilter.from(filter), Float32Array.from(shirt), id, seconds, unseenSeconds)
  }

  get state(): TrackState {
    const { id, seconds, unseenSeconds, filter, shirt } = this
    return { id, seconds, unseenSeconds, filter: filter.state, shirt: [...shirt] }
  }

  /** Negative log-likelihood ratio of an observation, in nats. */
  cost({ detection, shirt, doubt }: Evidence): number {
    return this.filter.misfit(detection.xyxy, doubt) + shirtWeight * shirtDifference(this.shirt, shirt)
  }

  /** Time passes; an observation may follow. */
  predict(seconds: number): void {
    this.filter.predict(seconds)
    this.seconds += seconds
    this.unseenSeconds += seconds
  }

  update({ detection, shirt, doubt }: Evidence): void {
    this.filter.update(detection.xyxy, doubt)
    const share = 1 - Math.exp(-this.unseenSeconds / shirtSeconds)
    blendShirt(this.shirt, shirt, (1 - doubt) * share)
    this.unseenSeconds = 0
  }
}
