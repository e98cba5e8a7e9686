import { version } from '../common/version.js'
import type { Values } from '../settings/setting.js'
import type { ClientOptions } from '../storage/client.js'
import { StorageFactory } from '../storage/storage-factory.js'
import type { Dataset, Format } from './contract.js'
import type { Curation } from './curation.js'
import { openDataset } from './dataset.js'
import type { Division } from './divide.js'
import { ExportPlace, type ExportSummary } from './export-place.js'
import { Reviews } from './reviews.js'
import { ExportTarget } from './target.js'

/** Most bytes of images that wait to be written: each keeps the piece of a shard that it is from. */
const waitingBytes = 4 << 20

export interface ExportHooks {
  /** Called with what is missing; the export continues. */
  readonly warn?: (message: string) => void
  /** Ends the export before the next object; the same export continues it. */
  readonly signal?: AbortSignal
}

/**
 * Writes the images of complete runs in another format.
 * @param locations see `findRuns`.
 * @param out folder or `gs://bucket/prefix`: empty, or with the same export, which is then resumed.
 * @param reviews paths of the `review.json` of some of the runs.
 * @throws UsageError, InputError or OutputError, with the cause and a remedy; the reason of `signal`.
 */
export async function exportRuns(
  locations: readonly string[],
  out: string,
  format: Format,
  options: Values<Format['settings']> & Curation & Division,
  access: ClientOptions,
  reviews: readonly string[] = [],
  { warn = () => {}, signal }: ExportHooks = {},
): Promise<ExportSummary> {
  const storage = new StorageFactory(out, access, {}, undefined, waitingBytes)
  const read = await Reviews.read(reviews, storage)
  const dataset = await openDataset(locations, storage, options, read, warn, signal)
  await using place = await ExportPlace.open(storage, inputsOf(dataset, format, options))
  if (place.complete !== undefined) return place.complete
  const target = new ExportTarget(place.store, storage.window, signal)
  await format.write(dataset, target, options).catch(async error => {
    // What is being written is complete before another process may work there. The first failure counts.
    await storage.window.flush().catch(() => {})
    if (target.objects === 0) await place.abandon()
    throw error
  })
  const sha256 = await target.finish()
  const promised = options.split === 'identity' ? 'identities' : format.promised
  const summary: ExportSummary = {
    ...{ format: format.name, runs: dataset.runs.length, identities: dataset.identities.length },
    ...{ sides: target.audit.counts, left_out: dataset.leftOut, audit: target.audit.check(promised) },
    ...{ objects: target.objects, bytes: target.bytes, sha256 },
  }
  await place.publish(summary)
  const bare = dataset.withoutPictures.size
  if (format.showsFrames && bare > 0) {
    const of = bare === dataset.runs.length ? 'the runs' : `${bare} of ${dataset.runs.length} runs`
    warn(`no pictures of frames: ${of} kept none; make them with --save-frames`)
  }
  return summary
}

/** Equal inputs make equal exports. */
const inputsOf = ({ runs }: Dataset, { name }: Format, options: object) => ({
  version,
  format: name,
  options,
  runs: runs.map(({ videoGuid, datasetSha256, reviewSha256 }) => ({
    video_guid: videoGuid,
    dataset_sha256: datasetSha256,
    ...(reviewSha256 !== undefined && { review_sha256: reviewSha256 }),
  })),
})
