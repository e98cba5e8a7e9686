import { expected, UsageError } from '../common/errors.js'
import type { StatefulStep } from '../runtime/operator.js'
import { number } from '../settings/setting.js'
import type { DetectedFrame, TrackedFrame, Xyxy } from '../types.js'
import { kitColors } from '../vision/tracking/appearance.js'
import { ByteTrack, type ByteTrackOptions, type ByteTrackState } from '../vision/tracking/bytetrack.js'
import { resized } from '../vision/tracking/motion.js'
import { SceneChangeDetector, type SceneState } from '../vision/tracking/scene-change.js'
import { statefulOperator } from './definition.js'

export interface TrackOptions extends ByteTrackOptions {
  /** For frames too far apart to track: each detection above `highThreshold` is a track of its own. */
  readonly sparse: boolean
}

export const trackDefaults: TrackOptions = {
  highThreshold: 0.4,
  lostSeconds: 4,
  sparse: false,
}

/** State of the tracker. */
export interface TrackerState {
  readonly opened: number
  readonly cuts: number
  readonly lastMs?: number
  readonly tracks?: ByteTrackState
  readonly scenes?: SceneState
}

/**
 * Assigns track ids to detections. Outputs are sorted by track id; detections without a confirmed track are dropped as
 * `unconfirmed` (their track has just started) or `low_confidence`. A cut starts new tracks, a pan does not. Ids start
 * at 1 and are never reused.
 */
export const track = statefulOperator({
  name: 'track',
  settings: {
    lostSeconds: number({
      from: 0,
      to: 60,
      default: trackDefaults.lostSeconds,
      value: 'seconds',
      help: 'how long a player may be out of sight and keep the same track',
    }),
  },
  options: ({ lostSeconds }, { detector, sparse }) => ({
    ...{ highThreshold: detector.confidence, lostSeconds, sparse },
  }),
  defaults: trackDefaults,
  validate({ highThreshold, lostSeconds }: TrackOptions) {
    if (!(highThreshold >= 0 && highThreshold <= 1)) {
      throw new UsageError(expected('a number from 0 to 1', 'highThreshold', highThreshold))
    }
    if (!(lostSeconds >= 0 && lostSeconds < Number.POSITIVE_INFINITY)) {
      throw new UsageError(expected('a number of seconds, 0 or more,', 'lostSeconds', lostSeconds))
    }
  },
  make: (options): StatefulStep<DetectedFrame, TrackedFrame, TrackerState> =>
    options.sparse ? new SeparateTracks(options.highThreshold) : new Tracker(options),
})

class Tracker implements StatefulStep<DetectedFrame, TrackedFrame, TrackerState> {
  readonly #scenes = new SceneChangeDetector()
  #tracks: ByteTrack
  #cuts = 0
  #lastMs: number | undefined

  constructor(readonly options: ByteTrackOptions) {
    this.#tracks = new ByteTrack(options)
  }

  readonly step: StatefulStep<DetectedFrame, TrackedFrame>['step'] = (
    { frame, detections, thumbnail },
    context,
  ) => {
    const size = frame.width / thumbnail.width
    const boxes = detections
      .filter(({ confidence }) => confidence >= this.options.highThreshold)
      .map(({ xyxy: [x1, y1, x2, y2] }): Xyxy => [x1 / size, y1 / size, x2 / size, y2 / size])
    const move = this.#scenes.next({ thumbnail, boxes, ms: frame.ptsMs })
    const motion = move.cut ? undefined : resized(move.motion, size)
    if (motion === undefined) {
      this.#cuts++
      this.#tracks.reset()
    } else {
      this.#tracks.move(motion)
    }
    const observations = detections.map(detection => ({
      detection,
      kit: kitColors(frame, detection.xyxy),
    }))
    const seconds = Math.max(0, frame.ptsMs - (this.#lastMs ?? frame.ptsMs)) / 1000
    this.#lastMs = frame.ptsMs
    const { tracked, unconfirmed, lowConfidence } = this.#tracks.update(observations, seconds)
    context.count(detections.length, tracked.length)
    context.drop('unconfirmed', unconfirmed.length, unconfirmed[0]?.xyxy)
    context.drop('low_confidence', lowConfidence.length, lowConfidence[0]?.xyxy)
    const { opened, closed } = this.#tracks
    return [{ frame, detections: tracked, tracks: { opened, closed, cuts: this.#cuts }, motion }]
  }

  snapshot(): TrackerState {
    const lastMs = this.#lastMs
    return {
      opened: this.#tracks.opened,
      cuts: this.#cuts,
      tracks: this.#tracks.state,
      ...(lastMs !== undefined && { lastMs }),
      scenes: this.#scenes.state,
    }
  }

  restore({ cuts, lastMs, tracks, scenes }: TrackerState): void {
    this.#tracks = new ByteTrack(this.options, tracks)
    this.#cuts = cuts
    this.#lastMs = lastMs
    if (scenes !== undefined) this.#scenes.state = scenes
  }
}

class SeparateTracks implements StatefulStep<DetectedFrame, TrackedFrame, TrackerState> {
  #opened = 0

  constructor(readonly threshold: number) {}

  readonly step: StatefulStep<DetectedFrame, TrackedFrame>['step'] = ({ frame, detections }, context) => {
    const tracked = detections
      .filter(({ confidence }) => confidence >= this.threshold)
      .map(detection => ({ ...detection, trackId: ++this.#opened }))
    const faint = detections.find(({ confidence }) => confidence < this.threshold)
    context.count(detections.length, tracked.length)
    context.drop('low_confidence', detections.length - tracked.length, faint?.xyxy)
    const opened = this.#opened
    return [{ frame, detections: tracked, tracks: { opened, closed: opened, cuts: 0 } }]
  }

  snapshot(): TrackerState {
    return { opened: this.#opened, cuts: 0 }
  }

  restore({ opened }: TrackerState): void {
    this.#opened = opened
  }
}
