import type { Source } from '../runtime/source.js'
import type { FrameOrigin } from '../types.js'

/** How the reading went. */
export interface ReadReport {
  framesRead: number
  /** Frames that the sampling chose. */
  framesExpected: number
  /** What of the video is missing or damaged, when a lenient reading went on; otherwise undefined. */
  damage: string | undefined
  /** User and system time of the ffmpeg processes. */
  cpuSeconds: number
}

/** Where to start reading: an earlier process of the run has read `framesRead` frames below number `from`. */
export interface ReadFrom {
  readonly from: number
  readonly framesRead: number
}

export const fromStart: ReadFrom = { from: 0, framesRead: 0 }

/** The frames of a video, or what an earlier run found in them, in order. */
export interface FrameSource<T, O extends FrameOrigin = FrameOrigin> extends Source<T, O> {
  /** Bytes that a value needs of its slot. */
  readonly frameBytes: number
  /** Seconds between two of the frames, at most. */
  readonly intervalSeconds: number
  /** Grows while the video is read. */
  readonly report: Readonly<ReadReport>
}
