import type { People } from '../review/people.js'
import { type ReviewReason, ShownPeople } from '../sources/shown-people.js'
import type { StoredRun } from './read-run.js'
import { runImages } from './run-images.js'
import type { StoredImage } from './stored-image.js'

/** By reason, the images that are not exported. */
export type LeftOut = Record<'short_track' | 'not_diverse' | 'variant_in_val' | ReviewReason, number>

export const nothingLeftOut = (): LeftOut => ({
  ...{ short_track: 0, not_diverse: 0, variant_in_val: 0, dropped_in_review: 0, double: 0 },
})

/**
 * The images of a run with the people of its review in the place of the tracks.
 * @param leftOut counts images that are dropped.
 */
export async function* reviewedImages(
  run: StoredRun,
  people: People | undefined,
  leftOut = nothingLeftOut(),
): AsyncGenerator<StoredImage> {
  const shown = new ShownPeople(people)
  for await (const image of runImages(run)) {
    const trackId = shown.at(image.trackId, image.frameIndex)
    if (typeof trackId === 'string') leftOut[trackId]++
    else yield { ...image, trackId }
  }
}
