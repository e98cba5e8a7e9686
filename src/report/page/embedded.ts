import type { TrackPicture, TrackReport } from '../data.js'

/** Data in an element of the page. The same version of cropstream wrote it and this script: no validation. */
export function embedded<T>(element: Element | null): T {
  return JSON.parse(element?.textContent ?? '')
}

/**
 * Tracks whose pictures are read when they are shown. The text of 1000 tracks is up to 60 MB of pictures: parsed, all of
 * them would be in memory twice.
 */
export function embeddedTracks(elements: Iterable<Element>): TrackReport[] {
  // A sheet reads all pictures of one track.
  let last: { readonly element: Element; readonly track: TrackReport } | undefined
  const read = (element: Element): TrackReport => {
    if (last?.element !== element) last = { element, track: embedded<TrackReport>(element) }
    return last.track
  }
  return Array.from(elements, element => {
    const track = read(element)
    return {
      ...track,
      pictures: track.pictures.map((one, at) => lazy(one, () => read(element).pictures[at])),
    }
  })
}

function lazy(
  { frame, seconds, side, variants }: TrackPicture,
  read: () => TrackPicture | undefined,
): TrackPicture {
  const hasVariants = variants.length > 0
  return {
    ...{ frame, seconds, side },
    get before() {
      return read()?.before ?? ''
    },
    get after() {
      return read()?.after
    },
    get variants() {
      return hasVariants ? (read()?.variants ?? []) : []
    },
  }
}
