import { InputError, UsageError } from '../common/errors.js'
import type { People } from '../review/people.js'
import { peopleOf } from '../review/read-review.js'
import type { StorageFactory } from '../storage/storage-factory.js'
import type { Dataset, ExportFrame, ExportImage, Identity, RunInfo } from './contract.js'
import { countTracks } from './count-tracks.js'
import type { Curation } from './curation.js'
import { findRuns } from './find-runs.js'
import { readObject } from './read-object.js'
import { readRun, type StoredRun } from './read-run.js'
import { nothingLeftOut, reviewedImages } from './reviewed-images.js'
import type { Reviews } from './reviews.js'
import { RunDetections, type StoredBox } from './run-detections.js'

/**
 * Opens runs as one dataset: counts its images and numbers its identities. Two readings give the same dataset, in
 * whatever order the locations are given.
 * @throws InputError when there is nothing to export, UsageError when a video is there twice.
 */
export async function openDataset(
  locations: readonly string[],
  storage: StorageFactory,
  curation: Curation,
  reviews: Reviews,
): Promise<Dataset> {
  const found = (await Promise.all(locations.map(location => findRuns(location, storage)))).flat()
  const stores = [...new Map(found.map(store => [store.root, store])).values()]
  const runs = (await Promise.all(stores.map(readRun))).sort((a, b) =>
    a.info.videoGuid < b.info.videoGuid ? -1 : 1,
  )
  refuseTwice(runs)
  const numbered: NumberedRun[] = []
  for (const [i, run] of runs.entries()) {
    const review = reviews.of(run.info)
    const people = review && peopleOf(review, await seenIn(run))
    const reviewed = review !== undefined && { reviewSha256: review.sha256 }
    numbered.push({ run, people, info: { number: i + 1, ...run.info, ...reviewed } })
  }
  reviews.refuseUnused()
  const identities = new Map<string, Identity>()
  const exported = new Map<Identity, ReadonlySet<number>>()
  const leftOut = nothingLeftOut()
  const training = new Set<Identity>()
  for (const { run, info, people } of numbered) {
    for (const { onBothSides, ...track } of await countTracks(run, people, curation, leftOut)) {
      const identity = { id: identities.size + 1, run: info, name: people?.nameOf(track.trackId), ...track }
      // Two tracks that a review merged may be on different sides: training with both leaks nothing.
      if (onBothSides && info.split.by === 'identity') training.add(identity)
      identities.set(keyOf(info, track.trackId), identity)
      exported.set(identity, new Set(track.frames))
    }
  }
  if (identities.size === 0) {
    throw new InputError(
      `Cannot export ${locations.join(', ')}: ${leftOut.short_track > 0 ? `no track has ${curation.minTrackCrops} crops; lower --min-track-crops` : 'there are no images'}`,
    )
  }
  return {
    runs: numbered.map(({ info }) => info),
    identities: [...identities.values()],
    leftOut,
    async *images(): AsyncGenerator<ExportImage> {
      for (const { run, info, people } of numbered) {
        for await (const { trackId, ...image } of reviewedImages(run, people)) {
          const identity = identities.get(keyOf(info, trackId))
          if (identity === undefined || !exported.get(identity)?.has(image.frameIndex)) continue
          const subset = training.has(identity) ? 'train' : image.subset
          yield { ...image, run: info, identity, subset }
        }
      }
    },
    async *frames(): AsyncGenerator<ExportFrame> {
      for (const numberedRun of numbered) yield* framesOf(numberedRun, identities)
    },
  }
}

const keyOf = ({ number }: RunInfo, trackId: number): string => `${number}/${trackId}`

function refuseTwice(runs: readonly StoredRun[]): void {
  const byVideo = new Map<string, StoredRun>()
  for (const run of runs) {
    const other = byVideo.get(run.info.videoGuid)
    if (other !== undefined) {
      throw new UsageError(
        `Cannot export ${other.store.root} and ${run.store.root} together: both are runs of one video, and its players would be there twice; give one of them`,
      )
    }
    byVideo.set(run.info.videoGuid, run)
  }
}

/** The tracks of each frame of a run. */
const seenIn = async (run: StoredRun) =>
  Array.from((await RunDetections.of(run)).entries(), ({ index, boxes }) => ({
    frame: index,
    tracks: boxes.map(box => box.trackId),
  }))

interface NumberedRun {
  readonly run: StoredRun
  readonly info: RunInfo
  readonly people: People | undefined
}

async function* framesOf(
  { run, info, people }: NumberedRun,
  identities: ReadonlyMap<string, Identity>,
): AsyncGenerator<ExportFrame> {
  const kept = new Set<string>()
  for await (const { path } of run.objects(/^selected_frames\//)) kept.add(path)
  for (const { index, ptsMs, boxes } of (await RunDetections.of(run)).entries()) {
    const path = `selected_frames/frame_${index}.jpg`
    const has = kept.has(path)
    yield {
      ...{ run: info, index, ptsMs },
      boxes: peopleIn(boxes, index, people).map(box => ({
        ...box,
        identity: identities.get(keyOf(info, box.trackId)),
      })),
      picture: has ? path : undefined,
      readPicture: has ? () => readObject(run.store, path) : undefined,
    }
  }
}

/** With the people of a review in the place of tracks. Two tracks of one person may overlap: the first is taken. */
function peopleIn(boxes: readonly StoredBox[], frame: number, people: People | undefined): StoredBox[] {
  if (people === undefined) return [...boxes]
  const seen = new Map<number, StoredBox>()
  for (const box of boxes) {
    const trackId = people.at(box.trackId, frame)
    if (trackId !== undefined && !seen.has(trackId)) seen.set(trackId, { ...box, trackId })
  }
  return [...seen.values()]
}
