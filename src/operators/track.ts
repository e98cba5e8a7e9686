import { expected, UsageError } from '../common/errors.js'
import type { StepContext } from '../runtime/operator.js'
import type { DetectedFrame, FrameThumbnail, TrackedFrame } from '../types.js'
import { shirtColors } from '../vision/tracking/appearance.js'
import { ByteTrack, type ByteTrackOptions, type ByteTrackState } from '../vision/tracking/bytetrack.js'
import { SceneChangeDetector } from '../vision/tracking/scene-change.js'

export interface TrackOptions extends ByteTrackOptions {
  /** For frames too far apart to follow anyone: each detection from `highThreshold` on is its own track. */
  readonly sparse: boolean
}

export const trackDefaults: TrackOptions = {
  highThreshold: 0.4,
  lostSeconds: 4,
  sparse: false,
}

export interface TrackStats {
  /** Tracks with an id. */
  readonly opened: number
  /** Those of them that can no longer be found again: unseen for too long, or from before a cut. */
  readonly closed: number
  /** Camera cuts. */
  readonly cuts: number
}

/** All that a tracker remembers, as JSON can say it. */
export interface TrackerState {
  readonly opened: number
  readonly cuts: number
  readonly lastMs?: number
  readonly tracks?: ByteTrackState
  /** The last glance; its luma in base64. */
  readonly glance?: { readonly width: number; readonly height: number; readonly luma: string }
}

export interface Tracker {
  /** A Step with a memory: it must get every frame of one video, once, in order. One output per input. */
  step(input: DetectedFrame, tally: StepContext): readonly [TrackedFrame]
  /** As of the last frame. */
  readonly stats: TrackStats
  /** As of the last frame: a tracker that is given it goes on as this one would. */
  readonly state: TrackerState
  /** No frame comes any more: closes all tracks. */
  close(): void
}

/**
 * Gives detections the identity of a player, on the main thread. Detections come out by track id; those
 * without a confirmed track are dropped as `unconfirmed` (their track has only just begun) or `low_confidence`.
 * A cut starts fresh tracks, a pan does not. Ids count from 1 and are never used again.
 *
 * @throws UsageError for thresholds that make no sense.
 */
export function track(options: Partial<TrackOptions> = {}, state?: TrackerState): Tracker {
  const settings = { ...trackDefaults, ...options }
  validate(settings)
  return settings.sparse ? separateTracks(settings.highThreshold, state) : followedTracks(settings, state)
}

function followedTracks(options: ByteTrackOptions, state?: TrackerState): Tracker {
  const camera = new SceneChangeDetector()
  const tracks = new ByteTrack(options, state?.tracks)
  let cuts = state?.cuts ?? 0
  let lastMs = state?.lastMs
  let last: FrameThumbnail | undefined
  if (state?.glance !== undefined) {
    const { luma, ...size } = state.glance
    last = { ...size, luma: Uint8Array.from(Buffer.from(luma, 'base64')) }
    camera.next(last)
  }
  return {
    step({ frame, detections, glance }, tally) {
      last = glance
      const move = camera.next(glance)
      if (move.cut) {
        cuts++
        tracks.reset()
      } else {
        tracks.shift((move.dx * frame.width) / glance.width, (move.dy * frame.height) / glance.height)
      }
      const sightings = detections.map(detection => ({
        detection,
        shirt: shirtColors(frame, detection.xyxy),
      }))
      const seconds = Math.max(0, frame.ptsMs - (lastMs ?? frame.ptsMs)) / 1000
      lastMs = frame.ptsMs
      const { tracked, unconfirmed, lowConfidence } = tracks.update(sightings, seconds)
      tally.count(detections.length, tracked.length)
      tally.drop('unconfirmed', unconfirmed.length, unconfirmed[0]?.xyxy)
      tally.drop('low_confidence', lowConfidence.length, lowConfidence[0]?.xyxy)
      return [{ frame, detections: tracked }]
    },
    close: () => tracks.reset(),
    get stats() {
      return { opened: tracks.opened, closed: tracks.closed, cuts }
    },
    get state() {
      return {
        ...{ opened: tracks.opened, cuts, tracks: tracks.state },
        ...(lastMs !== undefined && { lastMs }),
        ...(last !== undefined && { glance: { ...last, luma: Buffer.from(last.luma).toString('base64') } }),
      }
    },
  }
}

function separateTracks(threshold: number, state?: TrackerState): Tracker {
  let opened = state?.opened ?? 0
  return {
    step({ frame, detections }, tally) {
      const tracked = detections
        .filter(({ confidence }) => confidence >= threshold)
        .map(detection => ({ ...detection, trackId: ++opened }))
      const faint = detections.find(({ confidence }) => confidence < threshold)
      tally.count(detections.length, tracked.length)
      tally.drop('low_confidence', detections.length - tracked.length, faint?.xyxy)
      return [{ frame, detections: tracked }]
    },
    close: () => {},
    get stats() {
      return { opened, closed: opened, cuts: 0 }
    },
    get state() {
      return { opened, cuts: 0 }
    },
  }
}

function validate({ highThreshold, lostSeconds }: TrackOptions): void {
  if (!(highThreshold >= 0 && highThreshold <= 1)) {
    throw new UsageError(expected('a number from 0 to 1', 'highThreshold', highThreshold))
  }
  if (!(lostSeconds >= 0 && lostSeconds < Number.POSITIVE_INFINITY)) {
    throw new UsageError(expected('a number of seconds, 0 or more,', 'lostSeconds', lostSeconds))
  }
}
