import { createHash } from 'node:crypto'
import { basename, dirname } from 'node:path'
import { InputError } from '../common/errors.js'
import type { StorageFactory } from '../storage/storage-factory.js'
import type { Review } from './actions.js'
import { People } from './people.js'
import { parseReview } from './review.js'

/** A review of a run. */
export interface ReviewFile {
  readonly path: string
  readonly review: Review
  /** Of the file. */
  readonly sha256: string
}

/** @param path or `gs://` URL. @throws InputError when it cannot be read. */
export async function readReview(path: string, storage: StorageFactory): Promise<ReviewFile> {
  const store = await storage.at(dirname(path), '--review')
  const bytes = await store.read(basename(path)).catch(cause => {
    // It says which file.
    throw new InputError(cause.message, { cause })
  })
  if (bytes === undefined) throw new InputError(`Cannot read the review ${path}: it does not exist`)
  const review = parseReview(bytes, path)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { path, review, sha256 }
}

/** @throws InputError when a review is of another run: the numbers of its tracks mean other people. */
export function refuseOther(
  { path, review }: ReviewFile,
  run: { readonly location: string; readonly datasetSha256: string | undefined },
  remedy = '',
): void {
  if (review.dataset_sha256 === run.datasetSha256) return
  throw new InputError(
    `Cannot apply the review ${path} to ${run.location}: it is of another run of this video, whose tracks have other numbers${remedy}`,
  )
}

/** The tracks of a frame of a run. */
interface Seen {
  readonly frame: number
  readonly tracks: Iterable<number>
}

/**
 * The people of a run.
 * @throws InputError when the review cannot be applied: it speaks of a track, or of a crop, that is not in the run.
 */
export function peopleOf({ path, review }: ReviewFile, run: Iterable<Seen>): People {
  const framesOf = new Map<number, Set<number>>()
  for (const { frame, tracks } of run) {
    for (const track of tracks) framesOf.set(track, (framesOf.get(track) ?? new Set()).add(frame))
  }
  try {
    const people = new People(review, framesOf.keys())
    const [first] = people.strangers(framesOf)
    if (first !== undefined) throw new Error(`the run has no ${first}`)
    return people
  } catch (cause) {
    throw new InputError(`Cannot apply the review ${path}: ${(cause as Error).message}`, { cause })
  }
}
