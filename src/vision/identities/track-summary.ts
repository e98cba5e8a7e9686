import type { KitState } from './kit-mean.js'

/** When and where a track is seen first or last. */
export interface Sighting {
  readonly frame: number
  readonly seconds: number
}

/** A track that was out of sight when another one began, close in time: where it was expected then. */
export interface Missing {
  readonly track: number
  /** Since its last sighting. */
  readonly seconds: number
  /** From where its motion and the camera's put it to where the other track began, in heights of the player. */
  readonly distance: number
  /** Height of the first box of the other track by the expected one. */
  readonly size: number
  /** Negative log-likelihood ratio of that box, in nats. */
  readonly misfit: number
}

/** What is remembered of a track: its size does not depend on the length of the track. */
export interface TrackSummary {
  readonly id: number
  readonly first: Sighting
  readonly last: Sighting
  readonly sightings: number
  /** Number of the shots, from 0, in which it is seen first and last. */
  readonly shots: readonly [first: number, last: number]
  readonly kit: KitState
  /** Never seen in one frame with it. */
  readonly missing: readonly Missing[]
}

/** The tracks of a video. */
export interface RememberedTracks {
  readonly summaries: readonly TrackSummary[]
  /** Forgotten tracks. */
  readonly leftOut: number
}
