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

/**
 * Writes the images of complete runs in another format.
 * @param locations see `findRuns`.
 * @param out folder or `gs://bucket/prefix`: empty, or with the same export, which is then resumed.
 * @param reviews paths of the `review.json` of some of the runs.
 * @param warn called with what is missing; the export continues.
 * @throws UsageError, InputError or OutputError, with the cause and a remedy.
 */
export async function exportRuns(
  locations: readonly string[],
  out: string,
  format: Format,
  options: Values<Format['settings']> & Curation & Division,
  access: ClientOptions,
  reviews: readonly string[] = [],
  warn: (message: string) => void = () => {},
): Promise<ExportSummary> {
  const storage = new StorageFactory(out, access, {}, undefined, waitingBytes)
  const dataset = await openDataset(locations, storage, options, await Reviews.read(reviews, storage), warn)
  await using place = await ExportPlace.open(storage, inputsOf(dataset, format, options))
  if (place.complete !== undefined) return place.complete
  const target = new ExportTarget(place.store, storage.window)
  await format.write(dataset, target, options).catch(async error => {
    // Refused before the first object: nothing is left behind.
    if (target.objects === 0) await place.forget()
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
