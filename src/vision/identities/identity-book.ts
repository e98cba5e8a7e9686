import type { TrackedDetection, TrackedFrame } from '../../types.js'
import { reliabilityOf } from '../tracking/evidence.js'
import type { Motion } from '../tracking/motion.js'
import { type Look, OpenTrack, type OpenTrackState } from './open-track.js'
import { sharedMotion, type TrackBox } from './shared-motion.js'
import type { Missing, RememberedTracks, TrackSummary } from './track-summary.js'

/** Seconds for which the position of a track that is out of sight tells where it may come back. */
const horizonSeconds = 6

/** Tracks that may have come back as one that begins, the best first. */
const mostMissing = 12

/** Tracks that are remembered: 90 minutes of a game have some thousands, most of them seen for a moment. */
const mostTracks = 2000

export interface IdentityState {
  readonly open: readonly OpenTrackState[]
  readonly ended: readonly TrackSummary[]
  readonly forgotten: number
  readonly shot: number
  readonly seconds: number
  readonly last: readonly TrackBox[]
}

/**
 * Remembers the tracks of a video, to tell afterwards which of them may be one person. Memory is bounded: a track is a
 * summary, and of too many the ones with the fewest sightings are forgotten.
 */
export class IdentityBook {
  /** In sight, or until a moment ago. */
  #open = new Map<number, OpenTrack>()
  #ended = new Map<number, TrackSummary>()
  #forgotten = 0
  #shot = 0
  #seconds = 0
  #last: readonly TrackBox[] = []

  /** @param state to resume from. */
  constructor(state?: IdentityState) {
    if (state === undefined) return
    this.#open = new Map(state.open.map(track => [track.summary.id, OpenTrack.from(track)]))
    this.#ended = new Map(state.ended.map(summary => [summary.id, summary]))
    this.#forgotten = state.forgotten
    this.#shot = state.shot
    this.#seconds = state.seconds
    this.#last = state.last
  }

  /** As plain data. What has ended does not change any more, so that a state for each frame is cheap. */
  get state(): IdentityState {
    return {
      open: [...this.#open.values()].map(({ state }) => state),
      ended: [...this.#ended.values()],
      ...{ forgotten: this.#forgotten, shot: this.#shot, seconds: this.#seconds, last: this.#last },
    }
  }

  /** Adds the next frame, which is read before this returns. */
  add({ frame, detections }: TrackedFrame): void {
    const seconds = frame.ptsMs / 1000
    const boxes = detections.map(asStored)
    this.#pass(seconds, sharedMotion(this.#last, boxes))
    this.#last = boxes
    const seen = new Set(boxes.map(({ id }) => id))
    const at = { frame: frame.index, seconds, shot: this.#shot }
    for (const [i, { doubt }] of reliabilityOf(boxes).entries()) {
      const look = { ...boxes[i]!, doubt, ...at }
      this.#seen(look, seen).update(frame, look)
    }
    for (const id of seen) this.#open.get(id)?.meets(seen)
  }

  /** As of the last frame. */
  get tracks(): RememberedTracks {
    const open = [...this.#open.values()].map(({ summary }) => summary)
    return { summaries: [...this.#ended.values(), ...open], leftOut: this.#forgotten }
  }

  /** @param motion undefined at a cut: then no track is expected anywhere. */
  #pass(seconds: number, motion: Motion | undefined): void {
    const passed = Math.max(0, seconds - this.#seconds)
    this.#seconds = seconds
    if (motion === undefined) this.#shot++
    for (const [id, track] of this.#open) {
      if (motion === undefined || seconds - track.lastSeconds > horizonSeconds) this.#end(id, track)
      else track.predict(motion, passed)
    }
  }

  #end(id: number, track: OpenTrack): void {
    this.#open.delete(id)
    this.#ended.set(id, track.summary)
    if (this.#ended.size <= mostTracks) return
    const kept = [...this.#ended.values()].sort((a, b) => b.sightings - a.sightings || a.id - b.id)
    // An eighth at a time: it is seldom.
    for (const { id } of kept.slice((mostTracks * 7) / 8)) {
      this.#ended.delete(id)
      this.#forgotten++
    }
  }

  #seen(look: Look, inSight: ReadonlySet<number>): OpenTrack {
    const { id } = look
    let track = this.#open.get(id)
    if (track !== undefined) return track
    const before = this.#ended.get(id)
    this.#ended.delete(id)
    track =
      before === undefined
        ? OpenTrack.begin(look, this.#missing(look, inSight))
        : OpenTrack.reopen(before, look)
    this.#open.set(id, track)
    return track
  }

  #missing(look: Look, inSight: ReadonlySet<number>): Missing[] {
    return [...this.#open]
      .filter(([id]) => !inSight.has(id))
      .map(([, track]) => track.missedAt(look))
      .sort((a, b) => a.misfit - b.misfit || a.track - b.track)
      .slice(0, mostMissing)
  }
}

/** As detections.json has it, so that a start from there finds the same. */
const asStored = ({ trackId, xyxy, confidence }: TrackedDetection): TrackBox => ({
  ...{ id: trackId, xyxy, confidence: Math.round(confidence * 1000) / 1000 },
})
