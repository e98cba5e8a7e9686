import { blendKit, type KitColors, kitDifference } from './appearance.js'
import type { Evidence } from './evidence.js'
import { BoxFilter } from './kalman.js'

/**
 * Cost, in nats, of a kit without any common color. One player differs by 0.02 of it from one second to the next, and by
 * 0.1 where the ground behind changes; teammates differ by 0.1, opponents by 0.2 and more: little compared to a good
 * position, but decisive where players meet and their positions are ambiguous. There, what exceeds `ownDifference` is
 * hardly the same player, and costs `contradiction` more.
 */
const kitWeight = 10
const ownDifference = 0.1
const contradiction = 40

/**
 * Time constants, in seconds, with which the kits of a track follow the observed one: one that lasts, since the last box
 * may show somebody else, and the latest, which follows light and ground.
 */
const kitSeconds = { lasting: 2, latest: 0.2 }

/** Covered share and doubt of a box up to which the kit in it is the player's own. */
const clearBox = { covered: 0.2, doubt: 0.6 }

/** The state of a track as plain data. */
export interface TrackState {
  readonly id: number
  readonly seconds: number
  readonly unseenSeconds: number
  readonly filter: readonly number[]
  readonly kit: readonly number[]
  readonly latestKit: readonly number[]
}

/** What is known of one player from the observations so far. */
export class Track {
  private constructor(
    readonly filter: BoxFilter,
    readonly kit: KitColors,
    readonly latestKit: KitColors,
    /** 0 until the track is confirmed. */
    public id = 0,
    /** Since the first observation, and since the last one. */
    public seconds = 0,
    public unseenSeconds = 0,
  ) {}

  static begin({ detection, kit, doubt }: Evidence): Track {
    return new Track(BoxFilter.at(detection.xyxy, doubt), kit.slice(), kit.slice())
  }

  static from({ id, seconds, unseenSeconds, filter, kit, latestKit }: TrackState): Track {
    return new Track(
      BoxFilter.from(filter),
      Float32Array.from(kit),
      Float32Array.from(latestKit),
      id,
      seconds,
      unseenSeconds,
    )
  }

  get state(): TrackState {
    const { id, seconds, unseenSeconds, filter, kit, latestKit } = this
    return { id, seconds, unseenSeconds, filter: filter.state, kit: [...kit], latestKit: [...latestKit] }
  }

  /** Negative log-likelihood ratio of the place and size of an observation, in nats. */
  motionCost({ detection, doubt }: Evidence): number {
    return this.filter.misfit(detection.xyxy, doubt)
  }

  /** The same of its kit. @param contested the observation or the track may belong to somebody else. */
  kitCost({ kit }: Evidence, contested: boolean): number {
    const difference = Math.min(kitDifference(this.kit, kit), kitDifference(this.latestKit, kit))
    const excess = contested ? Math.max(0, difference - ownDifference) : 0
    return kitWeight * difference + contradiction * excess
  }

  /** Time passes; an observation may follow. */
  predict(seconds: number): void {
    this.filter.predict(seconds)
    this.seconds += seconds
    this.unseenSeconds += seconds
  }

  update({ detection, kit, doubt, covered }: Evidence): void {
    this.filter.update(detection.xyxy, doubt)
    if (covered <= clearBox.covered && doubt <= clearBox.doubt) {
      const passed = this.unseenSeconds
      const share = (time: number) => 1 - Math.exp(-passed / time)
      // The mean of all kits, as long as they are few: the first one is no better than the others.
      blendKit(this.kit, kit, Math.max(share(kitSeconds.lasting), passed / (this.seconds + passed)))
      blendKit(this.latestKit, kit, share(kitSeconds.latest))
    }
    this.unseenSeconds = 0
  }
}
