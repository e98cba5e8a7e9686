import { createHash } from 'node:crypto'
import { join } from 'node:path'
import sharp from 'sharp'
import { DetectionsFile } from '../../dist/sinks/detections.js'
import { FilesSink } from '../../dist/sinks/files.js'
import { Manifest } from '../../dist/sinks/manifest.js'
import { ShardsSink, shardDefaults } from '../../dist/sinks/shards.js'
import { Folder } from '../../dist/storage/folder.js'
import { UploadWindow } from '../../dist/storage/upload-window.js'
import type { TrackedDetection, Xyxy } from '../../dist/types.js'

export interface StoredRunOptions {
  readonly layout: 'files' | 'shards'
  /** Each is seen from its first to its last second, both counted, five times a second. */
  readonly tracks: readonly (readonly [first: number, last: number])[]
  /** Variants of each crop in train. */
  readonly augment: number
  /** Frames kept as pictures. */
  readonly saveFrames: boolean
  /** Number of the video, which decides its GUID. */
  readonly video: number
  /** GUID of the run; by default the number of the video. */
  readonly run?: string
  readonly name: string
  /** What the run says of its split; the blocks of time are the same. */
  readonly by: 'time' | 'identity'
  /** The first crop of a track in a second, which looks different from all others. */
  readonly odd?: { readonly track: number; readonly second: number }
  /** Without: as older runs, which did not know how sharp a crop was. */
  readonly measured: boolean
}

const defaults: StoredRunOptions = {
  layout: 'files',
  tracks: Array.from({ length: 20 }, () => [0, 9] as const),
  augment: 1,
  saveFrames: false,
  video: 1,
  name: 'match.mp4',
  by: 'time',
  measured: true,
}

const fps = 25
/** Every fifth frame is sampled. */
const every = 5
/** The last two of ten seconds are val; the second before them belongs to neither. */
const subsetAt = (second: number) => (second < 7 ? 'train' : second < 8 ? undefined : 'val')

/** Where a track is in a frame; the colors of its crops tell them apart. */
export const boxOf = (track: number, frame: number): Xyxy => [
  20 * track,
  100,
  20 * track + 16,
  132 + (frame % 3),
]
export const colorOf = (track: number, video = 1) => {
  const number = track + 50 * (video - 1)
  return { r: (number * 53) % 256, g: (number * 97) % 256, b: (number * 151) % 256 }
}

export const sharpnessOf = (track: number, frame: number) => 100 * track + frame / 100

/**
 * A complete run below `out`, written by the sinks of real runs from drawn crops of one color each: small enough for
 * tests that need many identities.
 */
export async function storedRun(out: string, options: Partial<StoredRunOptions> = {}): Promise<string> {
  const { layout, tracks, augment, saveFrames, video, run, name, by, odd, measured } = {
    ...defaults,
    ...options,
  }
  const guid = `00000000-0000-5000-8000-${String(video).padStart(12, '0')}`
  const folder = await Folder.open(join(out, `run_${run ?? video}`, `video_${guid}`))
  const manifest = await Manifest.in(folder, { video: { video_guid: guid }, split: { by } })
  const window = new UploadWindow({ parallel: 8, waitingBytes: 1 << 20 })
  const of = { video: { video_guid: guid, sha256: 'unknown' } }
  await using sink =
    layout === 'files'
      ? new FilesSink(folder, manifest.add, window)
      : new ShardsSink(folder, manifest.add, window, { ...shardDefaults, ...of, bytes: 1 << 16 })
  const millisecondsAt = (frame: number) => (frame / fps) * 1000
  const detections = await DetectionsFile.in(folder, millisecondsAt)
  const jpegs = await Promise.all(tracks.map((_, i) => jpegOf(16, 32, colorOf(i + 1, video))))
  const striped = await stripes()
  const seconds = Math.max(...tracks.map(([, last]) => last)) + 1
  for (let frame = 0; frame < seconds * fps; frame += every) {
    const second = Math.floor(frame / fps)
    const seen = tracks.flatMap(([first, last], i): TrackedDetection[] =>
      second < first || second > last
        ? []
        : [
            {
              ...{ trackId: i + 1, xyxy: boxOf(i + 1, frame) },
              ...{ confidence: 0.9, classId: 0, className: 'person' },
              ...(measured && { sharpness: sharpnessOf(i + 1, frame) }),
            },
          ],
    )
    const ptsMs = millisecondsAt(frame)
    await detections.write(frame, seen)
    if (saveFrames)
      await sink.write(fileOf(`selected_frames/frame_${frame}.jpg`, frame, await frameOf(seen, video)))
    const subset = subsetAt(second)
    if (subset === undefined) continue
    for (const [at, { trackId, ...detection }] of seen.entries()) {
      const isOdd = trackId === odd?.track && frame === odd.second * fps
      for (let augmentation = 0; augmentation <= (subset === 'train' ? augment : 0); augmentation++) {
        const suffix = augmentation === 0 ? '' : `_aug${augmentation}`
        const path = `datasets/${subset}/track_${trackId}/crop_frame_${frame}_det_${at}${suffix}.jpg`
        const sample = {
          subset,
          trackId,
          frameIndex: frame,
          ptsMs,
          ...detection,
          augmentation,
          width: 16,
          height: 32,
        } as const
        await sink.write({ ...fileOf(path, frame, isOdd ? striped : jpegs[trackId - 1]!), sample })
      }
    }
  }
  await sink.flush()
  await manifest.add(await detections.publish())
  const metadata = {
    ...{ video_guid: guid, original_name: name, width: 640, height: 360 },
    ...{ fps, frame_count: seconds * fps, duration_seconds: seconds },
  }
  await folder.write('metadata.json', Buffer.from(JSON.stringify(metadata)))
  await manifest.publish({ frames: (seconds * fps) / every, tracks: tracks.length })
  return folder.root
}

const fileOf = (path: string, frameIndex: number, bytes: Uint8Array) => ({
  ...{ final: true as const, path, frameIndex, bytes },
  sha256: createHash('sha256').update(bytes).digest('hex'),
})

/** Everyone in their color on grass. */
const frameOf = (seen: readonly TrackedDetection[], video: number) =>
  sharp({ create: { width: 640, height: 360, channels: 3, background: { r: 40, g: 120, b: 40 } } })
    .composite(
      seen.map(({ trackId, xyxy: [left, top, right, bottom] }) => ({
        ...{ left, top },
        input: {
          create: {
            ...{ width: right - left, height: bottom - top },
            ...{ channels: 3, background: colorOf(trackId, video) },
          },
        },
      })),
    )
    .jpeg()
    .toBuffer()

const jpegOf = (width: number, height: number, background: { r: number; g: number; b: number }) =>
  sharp({ create: { width, height, channels: 3, background } })
    .jpeg()
    .toBuffer()

/** Dark and bright rows. */
const stripes = () =>
  sharp(Buffer.from(Array.from({ length: 16 * 32 * 3 }, (_, i) => (Math.floor(i / 48) % 8 < 4 ? 20 : 230))), {
    raw: { width: 16, height: 32, channels: 3 },
  })
    .jpeg()
    .toBuffer()
