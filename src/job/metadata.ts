import { basename } from 'node:path'
import { CropstreamError, exitCode, MemoryError } from '../common/errors.js'
import type { Run } from '../runtime/run.js'
import type { FrameSource } from '../sources/frame-source.js'
import type { VideoIdentity } from '../sources/identity.js'
import { optimizationOf, type Start } from '../sources/input.js'
import type { VideoInfo } from '../sources/probe.js'
import type { OperationCount, OperationKind } from '../storage/requests.js'
import type { Store } from '../storage/store.js'

/** `metadata.json`. Not listed in the manifest, because it has the time and the location of the processing. */
export function metadataOf(
  info: VideoInfo,
  { videoGuid }: VideoIdentity,
  { name, blobName }: { readonly name: string; readonly blobName: string },
  storage: ReadonlyMap<OperationKind, Readonly<OperationCount>>,
): Record<string, unknown> {
  return {
    video_guid: videoGuid,
    original_name: basename(name),
    original_blob_name: blobName,
    processed_name: `${videoGuid}.mp4`,
    width: info.width,
    height: info.height,
    coded_width: info.geometry.codedWidth,
    coded_height: info.geometry.codedHeight,
    fps: info.fps,
    frame_count: info.frameCount,
    duration_seconds: info.durationSeconds,
    file_size_bytes: info.sizeBytes,
    processed_at: new Date().toISOString(),
    // Requests of this process so far, without those for this object, the manifest and the move of the video.
    ...(storage.size > 0 && { storage: Object.fromEntries(storage) }),
  }
}

/** The counts of each step for the manifest: without times, which differ from run to run. */
export function stepsOf({ counts }: Pick<Run, 'counts'>, start: Start): Record<string, unknown> {
  const optimization_used = optimizationOf(start)
  return Object.fromEntries(
    [...counts].map(([name, { itemsIn, itemsOut, dropped, flagged }]) => [
      name,
      {
        ...{ in: itemsIn, out: itemsOut, dropped: sorted(dropped) },
        ...(Object.keys(flagged).length > 0 && { flagged: sorted(flagged) }),
        optimization_used,
      },
    ]),
  )
}

const sorted = (reasons: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(reasons).sort(([a], [b]) => (a < b ? -1 : 1)))

/** A sentence about what was lost of a damaged video; undefined for a sound one. */
export function damageOf(
  { frameCount, declaredFrames }: VideoInfo,
  { report }: FrameSource<unknown>,
): string | undefined {
  const { framesRead, framesExpected, damage } = report
  if (damage === undefined) return undefined
  const lost = declaredFrames > frameCount ? `${frameCount} of its ${declaredFrames} frames exist, and ` : ''
  return `not all of the video could be read, ${damage}: ${lost}${framesRead} of ${framesExpected} sampled frames were readable`
}

/** @param reason of the abort signal. */
export function interrupted(
  { report }: FrameSource<unknown>,
  { root }: Store,
  reason: unknown,
  isResumable: boolean,
): CropstreamError {
  const remedy = isResumable ? 'continue with --resume' : 'start again with another --run-guid'
  const left = `after ${report.framesRead} of ${report.framesExpected} frames: the dataset in ${root} is incomplete and has no manifest; ${remedy}`
  if (!(reason instanceof MemoryError))
    return new CropstreamError(exitCode.interrupted, `Interrupted ${left}`)
  return new CropstreamError(reason.exitCode, `${reason.message}. Stopped ${left}`, { cause: reason })
}
