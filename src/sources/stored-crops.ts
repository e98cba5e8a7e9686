import { InputError } from '../common/errors.js'
import type { Slots } from '../runtime/slots.js'
import type { StoredCrop, StoredFrame } from '../types.js'
import type { EarlierRun } from './earlier-run.js'
import { millisecondsAt } from './frame-times.js'
import type { VideoInfo } from './probe.js'
import type { FrameSource, VideoFrames } from './video.js'

const folder = 'crops/original/'

/**
 * The crops that an earlier run kept, frame by frame, each of them one read. They lie in folders by track
 * (`track_3/crop_frame_40_det_1.jpg`) or by frame (`frame_40/crop_1.jpg`).
 * @param video the frames that the earlier run looked at: how far apart they are decides the split.
 * @param past frames before `from` have been read already.
 * @throws InputError when there are none, or of one it is not known whom it shows.
 */
export async function storedCrops(
  { store, frames }: EarlierRun,
  info: VideoInfo,
  video: VideoFrames,
  past: { readonly from: number; readonly framesRead: number },
): Promise<FrameSource<StoredFrame>> {
  const byFrame = new Map<number, { path: string; crop: Omit<StoredCrop, 'jpeg'>; at: number }[]>()
  for (const { path } of await store.list(folder)) {
    if (!/\.jpe?g$/i.test(path)) continue
    const { frame, at } = placeOf(path, store.root)
    const detection = frames.get(frame)?.[at]
    if (detection === undefined) {
      throw new InputError(
        `Cannot start from ${store.root}/${path}: detections.json does not say whom it shows`,
      )
    }
    const crop = { key: `track_${detection.trackId}/crop_frame_${frame}_det_${at}`, detection }
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
    framesRead: past.framesRead,
    framesExpected: indices.length,
    damaged: false,
    cpuSeconds: 0,
  }
  return {
    name: 'stored crops',
    // They own their bytes: a slot is only the right to be under way.
    frameBytes: 1,
    intervalSeconds: video.intervalSeconds,
    report,
    async *read(slots: Slots, signal: AbortSignal) {
      for (const index of indices) {
        if (index < past.from) continue
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
        yield { value: { frameIndex: index, ptsMs: millisecondsAt(info.frameTimes, index), crops }, lease }
      }
    },
  }
}

/** Which frame a crop is from, and which of its boxes it is. */
function placeOf(path: string, root: string): { readonly frame: number; readonly at: number } {
  const [, frame, at] =
    /crop_frame_(\d+)_det_(\d+)\.\w+$/.exec(path) ?? /frame_(\d+)\/\D*(\d+)\.\w+$/.exec(path) ?? []
  if (frame === undefined || at === undefined) {
    throw new InputError(
      `Cannot start from ${root}/${path}: its name says no frame and box, as crop_frame_40_det_1.jpg does`,
    )
  }
  return { frame: Number(frame), at: Number(at) }
}
