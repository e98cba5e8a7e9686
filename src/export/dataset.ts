import { InputError, UsageError } from '../common/errors.js'
import type { People } from '../review/people.js'
import { peopleOf } from '../review/read-review.js'
import { ShownPeople } from '../sources/shown-people.js'
import type { StorageFactory } from '../storage/storage-factory.js'
import type { Subset } from '../types.js'
import type { Dataset, ExportFrame, ExportImage, Identity, RunInfo } from './contract.js'
import { countTracks } from './count-tracks.js'
import type { Curation } from './curation.js'
import { chooseVal, type Division } from './divide.js'
import { findRuns } from './find-runs.js'
import { readObject } from './read-object.js'
import type { StoredRun } from './read-run.js'
import { nothingLeftOut, reviewedImages } from './reviewed-images.js'
import type { Reviews } from './reviews.js'
import { RunDetections } from './run-detections.js'

/**
 * Opens runs as one dataset: counts its images and numbers its identities. Two readings give the same dataset, in
 * whatever order the locations are given.
 * @param warn called with what is left out whole.
 * @param signal ends the reading before the next object.
 * @throws InputError when there is nothing to export, UsageError when a video is there twice.
 */
export async function openDataset(
  locations: readonly string[],
  storage: StorageFactory,
  curation: Curation & Division,
  reviews: Reviews,
  warn: (message: string) => void,
  signal: AbortSignal | undefined,
): Promise<Dataset> {
  const found = await findRuns(locations, storage, warn, signal)
  const runs = found.sort((a, b) => (a.info.videoGuid < b.info.videoGuid ? -1 : 1))
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
  /** Identities whose images are all on one side, whatever the run says. */
  const sides = new Map<Identity, Subset>()
  for (const { run, info, people } of numbered) {
    for (const { onBothSides, ...track } of await countTracks(run, people, curation, leftOut)) {
      const identity = { id: identities.size + 1, run: info, name: people?.nameOf(track.trackId), ...track }
      // Two tracks that a review merged may be on different sides: training with both leaks nothing.
      if (onBothSides && info.split.by === 'identity') sides.set(identity, 'train')
      identities.set(keyOf(info, track.trackId), identity)
      exported.set(identity, new Set(track.frames))
    }
  }
  if (identities.size === 0) {
    throw new InputError(
      `Cannot export ${locations.join(', ')}: ${leftOut.short_track > 0 ? `no track has ${curation.minTrackCrops} crops; lower --min-track-crops` : 'there are no images'}`,
    )
  }
  if (curation.split === 'identity') {
    const val = chooseVal([...identities.values()], curation)
    for (const identity of identities.values()) sides.set(identity, val.has(identity) ? 'val' : 'train')
    for (const { images, frames } of val) leftOut.variant_in_val += images - frames.length
  }
  const withoutPictures = new Set<RunInfo>()
  return {
    runs: numbered.map(({ info }) => info),
    identities: [...identities.values()],
    leftOut,
    withoutPictures,
    async *images(): AsyncGenerator<ExportImage> {
      for (const { run, info, people } of numbered) {
        for await (const { trackId, ...image } of reviewedImages(run, people)) {
          const identity = identities.get(keyOf(info, trackId))
          if (identity === undefined || !exported.get(identity)?.has(image.frameIndex)) continue
          const subset = sides.get(identity) ?? image.subset
          if (subset === 'val' && image.augmentation > 0) continue
          yield { ...image, run: info, identity, subset }
        }
      }
    },
    async *frames(): AsyncGenerator<ExportFrame> {
      for (const numberedRun of numbered) yield* framesOf(numberedRun, identities, withoutPictures)
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
  withoutPictures: Set<RunInfo>,
): AsyncGenerator<ExportFrame> {
  const shown = new ShownPeople(people)
  const kept = new Set<string>()
  for await (const { path } of run.objects(/^selected_frames\//)) kept.add(path)
  if (kept.size === 0) withoutPictures.add(info)
  for (const { index, ptsMs, boxes } of (await RunDetections.of(run)).entries()) {
    const path = `selected_frames/frame_${index}.jpg`
    const has = kept.has(path)
    yield {
      ...{ run: info, index, ptsMs },
      boxes: boxes.flatMap(box => {
        const trackId = shown.at(box.trackId, index)
        if (typeof trackId === 'string') return []
        return [{ ...box, trackId, identity: identities.get(keyOf(info, trackId)) }]
      }),
      picture: has ? path : undefined,
      readPicture: has ? () => readObject(run.store, path) : undefined,
    }
  }
}
