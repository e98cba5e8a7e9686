import type { ResumeState } from '../checkpoint/resume-state.js'
import type { Input } from '../sources/input.js'
import { storedCrops } from '../sources/stored-crops.js'
import { storedDetections } from '../sources/stored-detections.js'
import { type VideoFrames, videoFrames } from '../sources/video.js'
import type { Frame, TrackedFrame } from '../types.js'
import type { ResolvedRun } from './contract.js'
import type { RunConfig } from './settings.js'

/** The sampled frames of a video. @param resume state of an earlier process: then only the frames that must be read. */
export function sampledFrames(
  { info }: ResolvedRun,
  { fps, every, frames, lenient }: RunConfig,
  resume?: ResumeState,
  onWarning?: (message: string) => void,
): VideoFrames {
  return videoFrames(info, { fps, every, frames, lenient, onWarning, resume: resume && readFrom(resume) })
}

/** Opens the input for the start of the run, at the position where an earlier process stopped. */
export async function openInput(
  resolved: ResolvedRun,
  config: RunConfig,
  resume: ResumeState,
  onWarning: (message: string) => void,
): Promise<Input> {
  const frames = sampledFrames(resolved, config, resume, onWarning)
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
