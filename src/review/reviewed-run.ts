import { z } from 'zod'
import { InputError } from '../common/errors.js'
import type { SharedStore } from '../storage/store.js'
import type { Review } from './actions.js'
import { actionsIn } from './actions-in.js'

export const reviewName = 'review.json'

const manifestSchema = z.object({
  video: z.object({ video_guid: z.string() }),
  dataset_sha256: z.string(),
  objects: z.array(z.object({ path: z.string() })),
})

/** The crops themselves, kept or in the dataset, without variants. */
const cropPath = /^(crops\/original|datasets\/(?:train|val))\/track_(\d+)\/crop_frame_(\d+)_det_\d+\.jpg$/

interface StoredCrop {
  readonly frame: number
  readonly path: string
}

/** A complete run with a report, and its crops where it keeps them as files. */
export class ReviewedRun {
  readonly #byTrack = new Map<number, Map<number, StoredCrop>>()
  readonly #paths = new Set<string>()

  private constructor(
    readonly store: SharedStore,
    readonly videoGuid: string,
    readonly datasetSha256: string,
  ) {}

  /** @throws InputError when it is no complete run, or has no report. */
  static async open(store: SharedStore): Promise<ReviewedRun> {
    const bytes = await store.read('manifest.json')
    if (bytes === undefined)
      throw new InputError(`Cannot review ${store.root}: it is no complete run (no manifest.json)`)
    const parsed = manifestSchema.safeParse(JSON.parse(bytes.toString()))
    if (!parsed.success) throw new InputError(`Cannot review ${store.root}: its manifest.json is malformed`)
    const { video, dataset_sha256, objects } = parsed.data
    if (!(await store.find('report.html')).includes('report.html')) {
      throw new InputError(
        `Cannot review ${store.root}: it has no report.html; make the run again with --report (--from detections --report is faster)`,
      )
    }
    const run = new ReviewedRun(store, video.video_guid, dataset_sha256)
    for (const { path } of objects) run.#add(path)
    return run
  }

  /** Undefined when there is none yet. */
  review(): Promise<Buffer | undefined> {
    return this.store.read(reviewName)
  }

  /**
   * Writes the review beside the run. Resolves to false if it is not as it was seen.
   * @throws InputError for a review of another run, or when the file that is there cannot be loaded.
   */
  save(review: Review, bytes: Uint8Array, wasSeen: (now: Buffer | undefined) => boolean): Promise<boolean> {
    if (review.video_guid !== this.videoGuid || review.dataset_sha256 !== this.datasetSha256) {
      throw new InputError(`Cannot save the review: it is of another run than ${this.store.root}`)
    }
    return this.store.replace(reviewName, bytes, now => {
      if (!wasSeen(now)) return false
      if (now !== undefined) this.#refuseUnreadable(now)
      return true
    })
  }

  /** In the order of their frames. */
  cropsOf(track: number): StoredCrop[] {
    return [...(this.#byTrack.get(track)?.values() ?? [])].sort((a, b) => a.frame - b.frame)
  }

  isCrop(path: string): boolean {
    return this.#paths.has(path)
  }

  /** A page that cannot load what is there, of whichever version, would replace the work of hours by one decision. */
  #refuseUnreadable(now: Buffer): void {
    try {
      actionsIn(now.toString(), {
        ...{ videoGuid: this.videoGuid, datasetSha256: this.datasetSha256 },
        ...{ tracks: [], isComplete: false },
      })
    } catch (cause) {
      throw new InputError(
        `Cannot save the review: the ${reviewName} that is there cannot be loaded: ${(cause as Error).message}; move it away`,
        { cause },
      )
    }
  }

  /** One a frame: kept crops, which have their background, come before those of the dataset. */
  #add(path: string): void {
    const [, folder, track, frame] = cropPath.exec(path) ?? []
    if (folder === undefined) return
    this.#paths.add(path)
    const crops = this.#byTrack.get(Number(track)) ?? new Map<number, StoredCrop>()
    this.#byTrack.set(Number(track), crops)
    if (folder === 'crops/original' || !crops.has(Number(frame))) {
      crops.set(Number(frame), { frame: Number(frame), path })
    }
  }
}
