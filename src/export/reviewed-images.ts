import type { People } from '../review/people.js'
import type { StoredRun } from './read-run.js'
import { runImages } from './run-images.js'
import type { StoredImage } from './stored-image.js'

/** By reason, the images that are not exported. */
export type LeftOut = Record<'short_track' | 'not_diverse' | 'dropped_in_review' | 'double', number>

export const nothingLeftOut = (): LeftOut => ({
  ...{ short_track: 0, not_diverse: 0, dropped_in_review: 0, double: 0 },
})

/**
 * The images of a run with the people of its review in the place of the tracks.
 * @param leftOut counts images that are dropped.
 */
export async function* reviewedImages(
  run: StoredRun,
  people: People | undefined,
  leftOut?: LeftOut,
): AsyncGenerator<StoredImage> {
  if (people === undefined) {
    yield* runImages(run)
    return
  }
  /** Of the frame: the track that shows a person. Two tracks of one person may overlap; only the first is taken. */
  let shown = new Map<number, number>()
  let frame = -1
  for await (const image of runImages(run)) {
    const { trackId: track, frameIndex } = image
    if (frameIndex !== frame) {
      shown = new Map()
      frame = frameIndex
    }
    const trackId = people.at(track, frameIndex)
    if (trackId === undefined) {
      if (leftOut !== undefined) leftOut.dropped_in_review++
      continue
    }
    const first = shown.get(trackId) ?? track
    shown.set(trackId, first)
    if (first !== track) {
      if (leftOut !== undefined) leftOut.double++
      continue
    }
    yield { ...image, trackId }
  }
}
