import type { ResumeState } from '../checkpoint/resume-state.js'
import { Slots } from '../runtime/slots.js'
import type { Input } from '../sources/input.js'
import { readAhead } from '../sources/read-ahead.js'
import type { Sampling } from '../sources/sampling.js'
import { storedCrops } from '../sources/stored-crops.js'
import { storedDetections } from '../sources/stored-detections.js'
import { type VideoFrames, type VideoOptions, videoFrames } from '../sources/video.js'
import type { Frame, TrackedFrame } from '../types.js'
import type { JobContext, ResolvedRun } from './contract.js'
import type { Capacity } from './memory-budget.js'
import type { RunConfig } from './settings.js'

/** The sampled frames of a video. @param reading how they are read. */
export function sampledFrames(
  { info }: ResolvedRun,
  { fps, every, frames, lenient }: RunConfig,
  reading: Omit<VideoOptions, keyof Sampling> = {},
): VideoFrames {
  return videoFrames(info, { fps, every, frames, lenient, ...reading })
}

/** The frames of a run, the first of which is being read into its slots. */
export interface Ahead extends AsyncDisposable {
  readonly frames: VideoFrames
  readonly slots: Slots
}

/**
 * Starts ffmpeg while the video is still looked at; it waits with its first frame. Undefined where it is not yet known
 * which frames to read, and with a memory limit, since it would be one ffmpeg more.
 */
export function startReading(
  resolved: ResolvedRun,
  { config, observer }: JobContext,
  { slots: slotCount, decoders }: Capacity,
): Ahead | undefined {
  const { earlier, listed } = resolved
  if (earlier !== undefined || listed.length > 0 || config.maxMemory !== undefined) return undefined
  const frames = sampledFrames(resolved, config, { onWarning: observer.warned, decoders })
  const slots = new Slots(slotCount, frames.frameBytes)
  return { slots, ...readAhead(frames, slots) }
}

/**
 * Opens the input for the start of the run, at the position where an earlier process stopped.
 * @param ahead the frames of the video, where they are already being read.
 */
export async function openInput(
  resolved: ResolvedRun,
  config: RunConfig,
  resume: ResumeState,
  onWarning: (message: string) => void,
  { decoders }: Capacity,
  ahead?: VideoFrames,
): Promise<Input> {
  const reading = { resume: readFrom(resume), onWarning, decoders }
  const frames = ahead ?? sampledFrames(resolved, config, reading)
  const { earlier, info } = resolved
  if (earlier === undefined) return { start: 'video', frames, cached: frame => cachedIn(resume, frame) }
  if (config.from === 'detections') return { start: 'detections', frames: storedDetections(frames, earlier) }
  return { start: 'crops', frames: await storedCrops(earlier, info, frames, readFrom(resume)) }
}

const readFrom = ({ from, finished, cached }: ResumeState) => ({ from, framesRead: finished - cached.size })

function cachedIn({ cached, tracks }: ResumeState, frame: Frame): TrackedFrame | undefined {
  const detections = cached.get(frame.index)
  return detections && tracks && { frame, detections, tracks }
}
