import { createHash } from 'node:crypto'
import { z } from 'zod'
import { InputError, UsageError } from '../common/errors.js'
import { label } from '../common/label.js'
import { parseJson } from '../common/parse-json.js'
import type { People } from '../review/people.js'
import { peopleOf, type ReviewFile, refuseOther } from '../review/read-review.js'
import type { SharedStore } from '../storage/store.js'
import type { TrackCounts, TrackedDetection } from '../types.js'
import type { VideoInfo } from './probe.js'
import { checkSampling, chooseFrames, type Sampling } from './sampling.js'
import { type ReviewReason, ShownPeople } from './shown-people.js'

/** An entry of `detections.json`; a detection without a track has no id there. */
export const detectionsEntry = z.object({
  frame_index: z.int().min(0),
  /** Older runs have none. */
  pts_ms: z.number().optional(),
  boxes: z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])),
  confidence: z.array(z.number()),
  class_id: z.array(z.int()),
  /** Older runs have none. */
  class_name: z.array(label.nullable()).optional(),
  /** Older runs have none. */
  sharpness: z.array(z.number().nullable()).optional(),
  tracker_id: z.array(z.int().nullable()),
})

const three = z.tuple([z.number(), z.number(), z.number()])
const six = z.tuple([z.number(), z.number(), z.number(), z.number(), z.number(), z.number()])

/** Of runs of cropstream; the system that it replaces wrote none. */
const manifest = z.object({
  cuts: z.int(),
  dataset_sha256: z.string().optional(),
  video: z.object({ sha256: z.string() }),
  model: z
    .object({
      ...{ name: z.string(), sha256: z.string() },
      used_as: z.record(z.string(), z.unknown()).optional(),
    })
    .nullable(),
  /** Older runs have none. */
  background: z.object({ agreement: z.number().optional() }).optional(),
  surface: z
    .object({
      ...{ reason: z.string().optional(), coverage: z.number() },
      modes: z
        .array(z.object({ mean: three, precision: six, weight: z.number(), spread: z.number() }))
        .max(50),
    })
    .optional(),
  options: z.object({
    fps: z.number().optional(),
    every: z.number().optional(),
    frames: z.number().optional(),
  }),
})

/** What an earlier run found in the same video. */
export interface EarlierRun {
  readonly store: SharedStore
  /** In the order of the frames: all boxes of each; undefined for one without a track, or that its review leaves out. */
  readonly frames: ReadonlyMap<number, readonly (TrackedDetection | undefined)[]>
  /** In all; cuts are not known for a run of the system that this replaces. */
  readonly tracks: TrackCounts
  /** How its frames had been chosen. */
  readonly sampling: Sampling
  /** The model that found them; unknown for a run of the system that cropstream replaces. */
  readonly model: z.infer<typeof manifest>['model']
  /** Of masks by colors and by the network; undefined where they were not compared. */
  readonly maskAgreement: number | undefined
  /** The playing surface that it learned, if it is recorded. */
  readonly surface: z.infer<typeof manifest>['surface']
  /** Of `detections.json`. */
  readonly sha256: string
  /** Of the review that was applied, and the boxes that it leaves out, by reason. */
  readonly review:
    | { readonly sha256: string; readonly dropped: Readonly<Record<ReviewReason, number>> }
    | undefined
}

/**
 * @param review by which its tracks become people.
 * @throws InputError when it is not there, malformed, or of another video, or when the review is of another run.
 */
export async function readEarlierRun(
  store: SharedStore,
  info: VideoInfo,
  videoSha256: string,
  review?: ReviewFile,
): Promise<EarlierRun> {
  const path = `${store.root}/detections.json`
  const bytes = await store.read('detections.json')
  if (bytes === undefined) {
    throw new InputError(
      `Cannot read ${path}: there is no such object; give the folder of a run with --earlier`,
    )
  }
  const entries = parseJson(z.array(detectionsEntry), bytes.toString(), path)
  const own = await store.read('manifest.json')
  const made =
    own === undefined ? undefined : parseJson(manifest, own.toString(), `${store.root}/manifest.json`)
  if (made !== undefined && made.video.sha256 !== videoSha256) {
    throw new InputError(`Cannot start from ${store.root}: it is a run of another video`)
  }
  let people: People | undefined
  if (review !== undefined) {
    const run = { location: store.root, datasetSha256: made?.dataset_sha256 }
    refuseOther(review, run, '; give the run that was reviewed with --earlier')
    const seen = entries.map(({ frame_index, tracker_id }) => ({
      frame: frame_index,
      tracks: tracker_id.flatMap(track => track ?? []),
    }))
    people = peopleOf(review, seen)
  }
  const dropped = { dropped_in_review: 0, double: 0 }
  const frames = new Map<number, readonly (TrackedDetection | undefined)[]>()
  const tracks = new Set<number>()
  const shown = new ShownPeople(people)
  for (const { frame_index, boxes, confidence, class_id, class_name, sharpness, tracker_id } of entries) {
    const found = boxes.map((xyxy, i) => {
      const track = tracker_id[i] ?? -1
      if (track < 0) return undefined
      const trackId = shown.at(track, frame_index)
      if (typeof trackId === 'string') {
        dropped[trackId]++
        return undefined
      }
      tracks.add(trackId)
      return {
        ...{ xyxy, trackId, confidence: confidence[i] ?? 1, classId: class_id[i] ?? 0 },
        ...{ className: class_name?.[i] ?? undefined, sharpness: sharpness?.[i] ?? undefined },
      }
    })
    frames.set(frame_index, found)
  }
  const indices = [...frames.keys()].sort((a, b) => a - b)
  const last = indices.at(-1)
  if (last === undefined) throw new InputError(`Cannot start from ${path}: it has no frame`)
  if (last >= info.frameCount) {
    throw new InputError(
      `Cannot start from ${path}: it has a frame ${last}, and the video only ${info.frameCount}; give the video that it was made from`,
    )
  }
  return {
    ...{ store, frames, model: made?.model ?? null },
    ...{ surface: made?.surface, maskAgreement: made?.background?.agreement },
    tracks: { opened: tracks.size, closed: tracks.size, cuts: made?.cuts ?? 0 },
    sampling: samplingOf(info, indices, made?.options, path),
    sha256: createHash('sha256').update(bytes).digest('hex'),
    review: review && { sha256: review.sha256, dropped },
  }
}

/** The way of sampling that gives these frames: as in the manifest, else found by trying. */
function samplingOf(
  info: VideoInfo,
  indices: readonly number[],
  recorded: Sampling | undefined,
  path: string,
): Sampling {
  const gap = (indices[1] ?? indices[0]! + 1) - indices[0]!
  const tried: Sampling[] = [
    ...(recorded === undefined ? [] : [recorded]),
    { every: gap },
    { frames: indices.length },
  ]
  const sampling = tried.find(sampling => {
    const planned = chooseFrames(info.frameTimes, info.fps, checkSampling(sampling))
    return planned.length === indices.length && planned.every((index, i) => index === indices[i])
  })
  if (sampling === undefined) {
    throw new InputError(
      `Cannot start from ${path}: its ${indices.length} frames are not those of any even sampling of the video`,
    )
  }
  return sampling
}

/** @throws UsageError when a way of sampling is given: the earlier run has chosen the frames. */
export function refuseSampling(given: Sampling): void {
  const names = (['fps', 'every', 'frames'] as const).filter(name => given[name] !== undefined)
  if (names.length === 0) return
  const flags = names.map(name => `--${name}`).join(' and ')
  throw new UsageError(`${flags} cannot be combined with --from: the earlier run chose the frames`)
}
