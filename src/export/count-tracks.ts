import { InputError } from '../common/errors.js'
import type { People } from '../review/people.js'
import type { Subset } from '../types.js'
import { appearanceOf } from '../vision/imaging/appearance.js'
import type { Curation } from './curation.js'
import { DiverseChoice } from './diverse.js'
import { inOrder } from './in-order.js'
import type { StoredRun } from './read-run.js'
import { type LeftOut, reviewedImages } from './reviewed-images.js'
import type { StoredImage } from './stored-image.js'

/** A track that is exported: its frames with their times, ascending, and all of its images, with the variants. */
export interface CountedTrack {
  readonly trackId: number
  readonly frames: readonly number[]
  readonly times: readonly number[]
  readonly images: number
  /** Has images in train and in val. */
  readonly onBothSides: boolean
  /** The sharpness of each image is known. */
  readonly isMeasured: boolean
}

/** Crops that are decoded at once, on Node's threads. */
const decodedAhead = 8

interface Track {
  readonly sides: Set<Subset>
  /** By frame. */
  readonly crops: Map<number, { readonly ptsMs: number; images: number }>
  readonly choice: DiverseChoice | undefined
  isMeasured: boolean
}

/** Reads a run once, with the people of its review as its tracks, and decides which of its crops are exported. Tracks are sorted by their ids. */
export async function countTracks(
  run: StoredRun,
  people: People | undefined,
  { minTrackCrops, maxTrackCrops }: Curation,
  leftOut: LeftOut,
): Promise<CountedTrack[]> {
  const tracks = new Map<number, Track>()
  const signed = inOrder(reviewedImages(run, people, leftOut), decodedAhead, async image => {
    const compared = maxTrackCrops !== undefined && image.augmentation === 0
    return { image, signature: compared ? await signatureOf(image, run) : undefined }
  })
  for await (const { image, signature } of signed) {
    const { trackId, frameIndex, ptsMs, subset, sharpness } = image
    const track = tracks.get(trackId) ?? {
      ...{ sides: new Set(), crops: new Map(), isMeasured: true },
      choice: maxTrackCrops === undefined ? undefined : new DiverseChoice(maxTrackCrops),
    }
    tracks.set(trackId, track)
    track.sides.add(subset)
    if (sharpness === null) track.isMeasured = false
    const crop = track.crops.get(frameIndex) ?? { ptsMs, images: 0 }
    track.crops.set(frameIndex, crop)
    crop.images++
    if (signature !== undefined) track.choice?.offer(frameIndex, signature)
  }
  const kept: CountedTrack[] = []
  for (const [trackId, { sides, crops, choice, isMeasured }] of [...tracks].sort(([a], [b]) => a - b)) {
    // Shards are of one side each: the frames of train come before those of val.
    const all = [...crops].sort(([a], [b]) => a - b)
    if (all.length < minTrackCrops) {
      leftOut.short_track += imagesIn(all)
      continue
    }
    const chosen = choice === undefined ? all : all.filter(([frame]) => choice.frames.has(frame))
    leftOut.not_diverse += imagesIn(all) - imagesIn(chosen)
    kept.push({
      trackId,
      frames: chosen.map(([frame]) => frame),
      times: chosen.map(([, { ptsMs }]) => ptsMs),
      images: imagesIn(chosen),
      onBothSides: sides.size > 1,
      isMeasured,
    })
  }
  return kept
}

const imagesIn = (crops: readonly (readonly [unknown, { readonly images: number }])[]): number =>
  crops.reduce((sum, [, { images }]) => sum + images, 0)

async function signatureOf({ jpeg, path }: StoredImage, { store }: StoredRun): Promise<string> {
  const { sharp } = await import('../vision/imaging/sharp.js')
  const { data, info } = await sharp(jpeg)
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch(cause => {
      throw new InputError(`Cannot read ${store.root}/${path}: ${cause.message}`, { cause })
    })
  return appearanceOf({ width: info.width, height: info.height, rgb: new Uint8Array(data) })
}
