import { InputError, UsageError } from '../common/errors.js'
import type { StorageFactory } from '../storage/storage-factory.js'
import type { Dataset, ExportFrame, ExportImage, Identity, RunInfo } from './contract.js'
import { countTracks, type LeftOut } from './count-tracks.js'
import type { Curation } from './curation.js'
import { findRuns } from './find-runs.js'
import { readObject, readRun, type StoredRun } from './read-run.js'
import { RunDetections } from './run-detections.js'
import { runImages } from './run-images.js'

/**
 * Opens runs as one dataset: counts its images and numbers its identities. Two readings give the same dataset, in
 * whatever order the locations are given.
 * @throws InputError when there is nothing to export, UsageError when a video is there twice.
 */
export async function openDataset(
  locations: readonly string[],
  storage: StorageFactory,
  curation: Curation,
): Promise<Dataset> {
  const found = (await Promise.all(locations.map(location => findRuns(location, storage)))).flat()
  const stores = [...new Map(found.map(store => [store.root, store])).values()]
  const runs = (await Promise.all(stores.map(readRun))).sort((a, b) =>
    a.info.videoGuid < b.info.videoGuid ? -1 : 1,
  )
  refuseTwice(runs)
  const numbered = runs.map((run, i) => ({ run, info: { number: i + 1, ...run.info } satisfies RunInfo }))
  const identities = new Map<string, Identity>()
  const exported = new Map<Identity, ReadonlySet<number>>()
  const leftOut: LeftOut = { short_track: 0, not_diverse: 0 }
  for (const { run, info } of numbered) {
    for (const track of await countTracks(run, curation, leftOut)) {
      const identity = { id: identities.size + 1, run: info, ...track }
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
      for (const { run, info } of numbered) {
        for await (const { trackId, ...image } of runImages(run)) {
          const identity = identities.get(keyOf(info, trackId))
          if (identity === undefined || !exported.get(identity)?.has(image.frameIndex)) continue
          yield { run: info, identity, ...image }
        }
      }
    },
    async *frames(): AsyncGenerator<ExportFrame> {
      for (const { run, info } of numbered) yield* framesOf(run, info, identities)
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

async function* framesOf(
  run: StoredRun,
  info: RunInfo,
  identities: ReadonlyMap<string, Identity>,
): AsyncGenerator<ExportFrame> {
  const kept = new Set((await run.objects()).map(({ path }) => path).filter(isFrame))
  for (const { index, ptsMs, boxes } of (await RunDetections.of(run)).entries()) {
    const path = `selected_frames/frame_${index}.jpg`
    const has = kept.has(path)
    yield {
      ...{ run: info, index, ptsMs },
      boxes: boxes.map(box => ({ ...box, identity: identities.get(keyOf(info, box.trackId)) })),
      picture: has ? path : undefined,
      readPicture: has ? () => readObject(run.store, path) : undefined,
    }
  }
}

const isFrame = (path: string): boolean => path.startsWith('selected_frames/')
