import { track } from '../../dist/operators/track.js'
import { Slots } from '../../dist/runtime/slots.js'
import { findBinaries } from '../../dist/sources/ffmpeg-binaries.js'
import { probe } from '../../dist/sources/probe.js'
import { type VideoOptions, videoFrames } from '../../dist/sources/video.js'
import type { TrackedFrame } from '../../dist/types.js'
import { frameThumbnail } from '../../dist/vision/detectors/frame-thumbnail.js'
import { uncounted } from '../harness/parts.js'

/** Frames between a cut and where it is seen: one that fades has no exact place. */
const tolerance = 2

/** Frames with which a new shot begins, as the tracker sees it; without a detector, whose boxes do not matter to cuts. */
export async function cutsIn(path: string, sampling: VideoOptions): Promise<number[]> {
  const video = videoFrames(await probe(path, findBinaries()), sampling)
  const { step } = track().make()
  const cuts: number[] = []
  let before = 0
  for await (const { value: frame, lease } of video.read(
    new Slots(4, video.frameBytes),
    new AbortController().signal,
  )) {
    const input = { frame, detections: [], thumbnail: frameThumbnail(frame) }
    const [output] = (await step(input as never, uncounted)) as readonly TrackedFrame[]
    const count = output?.tracks.cuts ?? before
    if (count > before) cuts.push(frame.index)
    before = count
    lease.release()
  }
  return cuts
}

/** The true cuts that were not found, and the found ones that are none. */
export function matchCuts(
  found: readonly number[],
  truth: readonly number[],
): { readonly missed: number; readonly falseCuts: number } {
  const missed = truth.filter(cut => !found.some(frame => Math.abs(frame - cut) <= tolerance)).length
  const falseCuts = found.filter(frame => !truth.some(cut => Math.abs(frame - cut) <= tolerance)).length
  return { missed, falseCuts }
}
