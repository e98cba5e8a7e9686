import { InputError, UsageError } from '../common/errors.js'
import { type ReviewFile, readReview, refuseOther } from '../review/read-review.js'
import type { StorageFactory } from '../storage/storage-factory.js'
import type { RunInfo } from './contract.js'

/** The reviews of an export, each for the run that it is of. */
export class Reviews {
  readonly #used = new Set<string>()

  private constructor(readonly files: readonly ReviewFile[]) {}

  /**
   * @param paths or `gs://` URLs of `review.json` files.
   * @throws InputError for one that cannot be read, UsageError for two of one video.
   */
  static async read(paths: readonly string[], storage: StorageFactory): Promise<Reviews> {
    const files = await Promise.all(paths.map(path => readReview(path, storage)))
    const byVideo = new Map<string, ReviewFile>()
    for (const file of files) {
      const { video_guid } = file.review
      const other = byVideo.get(video_guid)
      if (other !== undefined) {
        throw new UsageError(
          `Cannot apply two reviews of one video: ${other.path} and ${file.path}; give one of them`,
        )
      }
      byVideo.set(video_guid, file)
    }
    return new Reviews(files)
  }

  /** @throws InputError when the review is of another run of the same video. */
  of({ videoGuid, datasetSha256, location }: Omit<RunInfo, 'number'>): ReviewFile | undefined {
    const found = this.files.find(({ review }) => review.video_guid === videoGuid)
    if (found === undefined) return undefined
    this.#used.add(found.path)
    refuseOther(found, { location, datasetSha256 })
    return found
  }

  /** @throws InputError for a review of a run that is not exported. */
  refuseUnused(): void {
    const unused = this.files.find(({ path }) => !this.#used.has(path))
    if (unused === undefined) return
    throw new InputError(
      `Cannot apply the review ${unused.path}: its video ${unused.review.video_guid} is not among those that are exported`,
    )
  }
}
