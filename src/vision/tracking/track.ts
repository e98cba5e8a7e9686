import { blendKit, type KitColors, kitDifference } from './appearance.js'
import type { Evidence } from './evidence.js'
import { BoxFilter } from './kalman.js'

/**
 * Cost, in nats, of a kit without any common color. One player differs by 0.05 of it from one second to the next,
 * teammates by 0.1, opponents by 0.4: little compared to a good position, but decisive where two players meet and their
 * positions are ambiguous.
 */
const kitWeight = 10

/** Time constant, in seconds, with which the kit of a track follows the observed one, and so the light. */
const kitSeconds = 2

/** The state of a track as plain data. */
export interface TrackState {
  readonly id: number
  readonly seconds: number
  readonly unseenSeconds: number
  readonly filter: readonly number[]
  readonly kit: readonly number[]
}

/** What is known of one player from the observations so far. */
export class Track {
  private constructor(
    readonly filter: BoxFilter,
    readonly kit: KitColors,
    /** 0 until the track is confirmed. */
    public id = 0,
    /** Since the first observation, and since the last one. */
    public seconds = 0,
    public unseenSeconds = 0,
  ) {}

  static begin({ detection, kit, doubt }: Evidence): Track {
    return new Track(BoxFilter.at(detection.xyxy, doubt), kit.slice())
  }

  static from({ id, seconds, unseenSeconds, filter, kit }: TrackState): Track {
    return new Track(BoxFilter.from(filter), Float32Array.from(kit), id, seconds, unseenSeconds)
  }

  get state(): TrackState {
    const { id, seconds, unseenSeconds, filter, kit } = this
    return { id, seconds, unseenSeconds, filter: filter.state, kit: [...kit] }
  }

  /** Negative log-likelihood ratio of an observation, in nats. */
  cost({ detection, kit, doubt }: Evidence): number {
    return this.filter.misfit(detection.xyxy, doubt) + kitWeight * kitDifference(this.kit, kit)
  }

  /** Time passes; an observation may follow. */
  predict(seconds: number): void {
    this.filter.predict(seconds)
    this.seconds += seconds
    this.unseenSeconds += seconds
  }

  update({ detection, kit, doubt }: Evidence): void {
    this.filter.update(detection.xyxy, doubt)
    const share = 1 - Math.exp(-this.unseenSeconds / kitSeconds)
    blendKit(this.kit, kit, (1 - doubt) * share)
    this.unseenSeconds = 0
  }
}
