import type { TrackedFrame } from '../types.js'
import type { EarlierRun } from './earlier-run.js'
import type { FrameSource } from './frame-source.js'
import type { VideoFrames } from './video.js'

/** The frames of a video with the players that an earlier run found and tracked in them. */
export function storedDetections(
  video: VideoFrames,
  { frames, tracks }: EarlierRun,
): FrameSource<TrackedFrame, TrackedFrame['frame']> {
  return {
    ...video,
    async *read(slots, signal) {
      for await (const { origin, lease } of video.read(slots, signal)) {
        const detections = (frames.get(origin.index) ?? []).filter(detection => detection !== undefined)
        yield { origin, value: { frame: origin, detections, tracks }, lease }
      }
    },
  }
}
