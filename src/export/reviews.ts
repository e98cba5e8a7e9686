import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { InputError } from '../common/errors.js'
import { People } from '../review/people.js'
import { parseReview, type Review } from '../review/review.js'
import type { RunInfo } from './contract.js'

/** A review of one run, ready to be applied. */
export interface AppliedReview {
  readonly people: People
  readonly sha256: string
}

/** The reviews of an export, each for the run that it is of. */
export class Reviews {
  readonly #used = new Set<string>()

  private constructor(
    readonly files: readonly (AppliedReview & { readonly path: string; readonly review: Review })[],
  ) {}

  /** @param paths of `review.json` files. @throws InputError for one that cannot be read or applied. */
  static async read(paths: readonly string[]): Promise<Reviews> {
    const files = paths.map(async path => {
      const bytes = await readFile(path).catch(cause => {
        throw new InputError(`Cannot read the review ${path}: ${cause.message}`, { cause })
      })
      const review = parseReview(bytes, path)
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      return { path, review, people: new People(review), sha256 }
    })
    return new Reviews(await Promise.all(files))
  }

  /** @throws InputError when the review is of another run of the same video. */
  of({ videoGuid, datasetSha256, location }: Omit<RunInfo, 'number'>): AppliedReview | undefined {
    const found = this.files.find(({ review }) => review.video_guid === videoGuid)
    if (found === undefined) return undefined
    this.#used.add(found.path)
    if (found.review.dataset_sha256 !== datasetSha256) {
      throw new InputError(
        `Cannot apply the review ${found.path} to ${location}: it is of another run of this video, whose tracks have other numbers`,
      )
    }
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
