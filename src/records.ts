import { basename } from 'node:path'
import { CropstreamError, exitCode, InputError, MemoryError } from './errors.js'
import type { Run } from './runtime/run.js'
import type { VideoIdentity } from './sources/identity.js'
import type { VideoInfo } from './sources/probe.js'
import type { VideoFrames } from './sources/video.js'
import type { Store } from './storage/store.js'

/** `metadata.json`. Says when and from where, and is for that reason not listed in the manifest. */
export function metadataOf(
  info: VideoInfo,
  { videoGuid }: VideoIdentity,
  { name, blobName }: { readonly name: string; readonly blobName: string },
): Record<string, unknown> {
  return {
    video_guid: videoGuid,
    original_name: basename(name),
    original_blob_name: blobName,
    processed_name: `${videoGuid}.mp4`,
    width: info.width,
    height: info.height,
    fps: info.fps,
    frame_count: info.frameCount,
    duration_seconds: info.durationSeconds,
    file_size_bytes: info.sizeBytes,
    processed_at: new Date().toISOString(),
  }
}

/** What each step did, as the manifest has it: without the seconds, which differ from run to run. */
export function stepsOf(run: Run): Record<string, unknown> {
  return Object.fromEntries(
    [...run.counts].map(([name, { itemsIn, itemsOut, dropped }]) => {
      const reasons = Object.entries(dropped).sort(([a], [b]) => (a < b ? -1 : 1))
      return [name, { in: itemsIn, out: itemsOut, dropped: Object.fromEntries(reasons) }]
    }),
  )
}

export function damageOf({ frameCount, declaredFrames }: VideoInfo, { report }: VideoFrames): string {
  const { framesRead, framesExpected } = report
  return `the video is damaged: ${frameCount} of its ${declaredFrames} frames are there, of ${framesExpected} chosen ${framesRead} could be read`
}

/** @param reason why the run was told to stop. */
export function interrupted({ report }: VideoFrames, { root }: Store, reason: unknown): CropstreamError {
  const left = `after ${report.framesRead} of ${report.framesExpected} frames: the dataset in ${root} is incomplete and has no manifest`
  if (!(reason instanceof MemoryError))
    return new CropstreamError(exitCode.interrupted, `Interrupted ${left}`)
  return new CropstreamError(reason.exitCode, `${reason.message}. Stopped ${left}`, { cause: reason })
}

export function nobody(path: string, run: Run): InputError {
  const dropped = [...run.counts.values()].flatMap(({ dropped }) => Object.entries(dropped))
  const why = dropped.length === 0 ? 'nothing was detected' : dropped.map(([r, n]) => `${n} ${r}`).join(', ')
  return new InputError(
    `No player was found in '${path}' (${why}); try a lower --confidence, a larger --input-size or --no-pitch-filter`,
  )
}
