import type { Frame, StoredFrame, TrackedFrame } from '../types.js'
import type { FrameSource } from './frame-source.js'

/** The frames of a video, in which players are still to be found. */
export interface VideoInput {
  readonly start: 'video'
  readonly frames: FrameSource<Frame, Frame>
  /** What an earlier process of a resumed run found in a frame. */
  readonly cached: (frame: Frame) => TrackedFrame | undefined
}

/** The frames of a video with the players that an earlier run found and tracked in them. */
export interface DetectionsInput {
  readonly start: 'detections'
  readonly frames: FrameSource<TrackedFrame, Frame>
}

/** The crops that an earlier run kept; no frame of the video is decoded. */
export interface CropsInput {
  readonly start: 'crops'
  readonly frames: FrameSource<StoredFrame, StoredFrame>
}

/** The three ways to start a graph. */
export type Input = VideoInput | DetectionsInput | CropsInput
export type Start = Input['start']

/** Where the crops of a run come from, in the words of the system that cropstream replaces. */
export const optimizationOf = (start: Start): 'in_memory_processing' | 'fallback_storage' =>
  start === 'crops' ? 'fallback_storage' : 'in_memory_processing'
