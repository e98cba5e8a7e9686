import { InputError } from '../common/errors.js'
import type { Slots } from '../runtime/slots.js'
import type { StoredCrop, StoredFrame } from '../types.js'
import type { EarlierRun } from './earlier-run.js'
import { type FrameSource, fromStart, type ReadFrom } from './frame-source.js'
import { millisecondsAt } from './frame-times.js'
import type { VideoInfo } from './probe.js'
import type { VideoFrames } from './video.js'

const folder = 'crops/original/'

/**
 * The crops that an earlier run kept, frame by frame, each of them one read. They lie in folders by track
 * (`track_3/crop_frame_40_det_1.jpg`) or by frame (`frame_40/crop_1.jpg`).
 * @param video the frames that the earlier run looked at: how far apart they are decides the split.
 * @throws InputError when there are none, or when `detections.json` does not list the player of one.
 */
export async function storedCrops(
  { store, frames, review }: EarlierRun,
  info: VideoInfo,
  video: VideoFrames,
  resume: ReadFrom = fromStart,
): Promise<FrameSource<StoredFrame, StoredFrame>> {
  const byFrame = new Map<number, { path: string; crop: Omit<StoredCrop, 'jpeg'>; at: number }[]>()
  for (const { path } of await store.list(folder)) {
    if (!/\.jpe?g$/i.test(path)) continue
    const { frame, at } = parseCropPath(path, store.root)
    const boxes = frames.get(frame) ?? []
    const detection = boxes[at]
    if (detection === undefined && review !== undefined && at < boxes.length) continue
    if (detection === undefined) {
      throw new InputError(
        `Cannot start from ${store.root}/${path}: detections.json does not list its player`,
      )
    }
    // As `detections.json` of the new run numbers them.
    const place = boxes.slice(0, at).filter(before => before !== undefined).length
    const crop = { key: `track_${detection.trackId}/crop_frame_${frame}_det_${place}`, detection }
    const others = byFrame.get(frame)
    if (others === undefined) byFrame.set(frame, [{ path, crop, at }])
    else others.push({ path, crop, at })
  }
  if (byFrame.size === 0) {
    throw new InputError(
      `Cannot start from ${store.root}/${folder}: there is no crop; make that run with --persist checkpoint`,
    )
  }
  const indices = [...byFrame.keys()].sort((a, b) => a - b)
  const report = {
    framesRead: resume.framesRead,
    framesExpected: indices.length,
    damage: undefined,
    cpuSeconds: 0,
  }
  return {
    name: 'stored-crops',
    item: 'frame',
    // They own their bytes: a slot is only the right to be under way.
    frameBytes: 1,
    intervalSeconds: video.intervalSeconds,
    report,
    async *read(slots: Slots, signal: AbortSignal) {
      for (const index of indices) {
        if (index < resume.from) continue
        const { lease } = await slots.take(signal)
        const listed = byFrame.get(index)!.sort((a, b) => a.at - b.at) // one of its keys
        const crops = await Promise.all(
          listed.map(async ({ path, crop }) => {
            const jpeg = await store.read(path)
            if (jpeg === undefined) throw new InputError(`Cannot read ${store.root}/${path}: it is gone`)
            return { ...crop, jpeg: new Uint8Array(jpeg) }
          }),
        )
        report.framesRead++
        const stored = { index, ptsMs: millisecondsAt(info.frameTimes, index), crops }
        yield { origin: stored, value: stored, lease }
      }
    },
  }
}

/** Which frame a crop is from, and which of its boxes it is. */
function parseCropPath(path: string, root: string): { readonly frame: number; readonly at: number } {
  const [, frame, at] =
    /crop_frame_(\d+)_det_(\d+)\.\w+$/.exec(path) ?? /frame_(\d+)\/\D*(\d+)\.\w+$/.exec(path) ?? []
  if (frame === undefined || at === undefined) {
    throw new InputError(
      `Cannot start from ${root}/${path}: its name has no frame and box number, as crop_frame_40_det_1.jpg has`,
    )
  }
  return { frame: Number(frame), at: Number(at) }
}
