import type { Options } from '../../dist/graph.js'
import { trackDefaults } from '../../dist/operators/track.js'
import type { Operator } from '../../dist/runtime/operator.js'
import { Slots } from '../../dist/runtime/slots.js'
import type { DetectedFrame, TrackedDetection, TrackedFrame } from '../../dist/types.js'
import { partsFor, stepOf, uncounted } from '../harness/parts.js'

/** One frame of a run. */
export interface WatchedFrame {
  /** What the tracker received. */
  readonly detected: DetectedFrame
  /** The players that would be cropped. */
  readonly tracked: readonly TrackedDetection[]
  /** Number of cuts so far. */
  readonly cuts: number
}

export interface Watched {
  readonly frames: number
  /** Frames per second of the video, whichever of them were looked at. */
  readonly videoFps: number
  /** Confidence from which on a detection counts as certain. */
  readonly highThreshold: number
  /** Of this process and ffmpeg, without the start of the run. */
  readonly cpuSeconds: number
}

/**
 * Finds and tracks the players of a video by the steps of a run before `crop`, one frame after another on this thread:
 * the boxes are those of detections.json.
 * @param options those of the command line.
 * @param folder for files that are removed again.
 * @param see is called with each frame, which is valid until it returns, or resolves.
 */
export async function watch(
  path: string,
  options: Options,
  folder: string,
  see: (watched: WatchedFrame) => void | Promise<void>,
): Promise<Watched> {
  const { operators, frames, view } = await partsFor(path, folder, options)
  const find = await Promise.all(
    untilCrop(operators).map(async at => ({ name: at.name, step: await stepOf(at) })),
  )
  const video = frames()
  const stop = new AbortController()
  const began = process.cpuUsage()
  let count = 0
  for await (const { value: frame, lease } of video.read(new Slots(4, video.frameBytes), stop.signal)) {
    let values: readonly unknown[] = [frame]
    let detected: readonly unknown[] = []
    for (const { name, step } of find) {
      if (name === 'track') detected = values
      const outputs = await Promise.all(values.map(value => step(value, uncounted)))
      values = outputs.flat()
    }
    const [given] = detected as readonly DetectedFrame[]
    const [result] = values as readonly TrackedFrame[]
    if (given !== undefined && result !== undefined)
      await see({ detected: given, tracked: result.detections, cuts: result.tracks.cuts })
    count++
    lease.release()
  }
  const { user, system } = process.cpuUsage(began)
  return {
    frames: count,
    videoFps: view.info.fps,
    highThreshold: view.detector?.confidence ?? trackDefaults.highThreshold,
    cpuSeconds: (user + system) / 1e6 + video.report.cpuSeconds,
  }
}

const untilCrop = (operators: readonly Operator[]) =>
  operators.slice(
    0,
    operators.findIndex(({ name }) => name === 'crop'),
  )
