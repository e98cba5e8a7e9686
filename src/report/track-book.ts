import { type SplitOptions, subsetOf } from '../operators/split.js'
import type { Sample, StoredFrame, TrackedDetection, TrackedFrame } from '../types.js'
import type { Side, TrackPicture, TrackReport } from './data.js'
import { Spread } from './spread.js'
import { cutOut, dataUrl, shrink } from './thumbnail.js'

/** Largest number of tracks on the page. */
const MAX_TRACKS = 1000
/** Tracks that have pictures of the dataset, too: they are most of the bytes. */
const MAX_WITH_IMAGES = 500
/** Pictures per track; the first one shows augmented variants. */
const MAX_PICTURES = 5
const MAX_VARIANTS = 3

/** A lane breaks when the track is not visible for more than this many sampled frames. */
const HOLE_FRAMES = 2.5

interface Picture {
  readonly frame: number
  readonly seconds: number
  readonly side: Side
  readonly before: Promise<Uint8Array>
  after?: Promise<Uint8Array>
  readonly variants: Promise<Uint8Array>[]
}

interface Track {
  readonly id: number
  sightings: number
  images: number
  confidence: number
  /** Detections by class name. */
  readonly classes: Map<string, number>
  readonly lanes: { readonly from: number; to: number; readonly side: Side }[]
  /** Undefined when other tracks have more sightings. */
  pictures: Spread<Picture> | undefined
  /** Whether its pictures show the images of the dataset. */
  withImages: boolean
}

/** Collects tracks: when they are visible, their side of the split, and a bounded number of small pictures. */
export class TrackBook {
  readonly #tracks = new Map<number, Track>()
  /** Tracks with pictures. */
  readonly #shown = new Set<Track>()
  #withImages = 0
  #forgotten = 0

  /** @param intervalSeconds between two sampled frames. */
  constructor(
    readonly split: SplitOptions,
    readonly intervalSeconds: number,
  ) {}

  /** Adds a tracked frame; its slot is read before this returns. */
  addFrame({ frame, detections }: TrackedFrame): void {
    for (const detection of detections) {
      this.#add(detection, frame.index, frame.ptsMs, () => cutOut(frame, detection.xyxy))
    }
  }

  /** Adds the stored crops of a frame. */
  addStoredFrame({ index, ptsMs, crops }: StoredFrame): void {
    // Copied: the original buffer is transferred to the worker that decodes it.
    for (const { detection, jpeg } of crops) this.#add(detection, index, ptsMs, () => shrink(jpeg.slice()))
  }

  /** Adds an image of the dataset, as JPEG. */
  addImage({ trackId, frameIndex, augmentation }: Sample, jpeg: Uint8Array): void {
    const track = this.#tracks.get(trackId)
    if (track === undefined) return
    track.images++
    const kept = track.pictures?.kept ?? []
    const at = kept.findLastIndex(({ frame }) => frame === frameIndex)
    const picture = kept[at]
    if (picture === undefined || !track.withImages) return
    if (augmentation === 0) picture.after = shrink(jpeg)
    else if (at === 0 && augmentation <= MAX_VARIANTS) picture.variants.push(shrink(jpeg))
  }

  /** Tracks that are not in the report. */
  get leftOut(): number {
    return this.#forgotten + Math.max(0, this.#tracks.size - MAX_TRACKS)
  }

  /** The tracks with the most sightings, sorted by id. */
  async *report(): AsyncGenerator<TrackReport> {
    const shownTracks = this.#mostSeen().slice(0, MAX_TRACKS)
    for (const track of shownTracks.sort((a, b) => a.id - b.id)) {
      const { id, sightings, images, confidence, lanes, pictures } = track
      yield {
        ...{ id, sightings, images, lanes },
        confidence: confidence / sightings,
        classes: [...track.classes]
          .map(([name, count]) => ({ name, share: count / sightings }))
          .sort((a, b) => b.share - a.share),
        pictures: await Promise.all((pictures?.kept ?? []).map(shown)),
        ...(!track.withImages && { onlyBefore: true as const }),
      }
    }
  }

  #add(detection: TrackedDetection, frame: number, ptsMs: number, before: () => Promise<Uint8Array>): void {
    const side = subsetOf(detection.trackId, ptsMs, this.split) ?? 'gap'
    const seconds = ptsMs / 1000
    const track = this.#seen(detection, seconds, side)
    if (!this.#isShown(track) || track.pictures?.wants() !== true) return
    track.pictures.keep({ frame, seconds, side, before: before(), variants: [] })
  }

  #mostSeen(): Track[] {
    return [...this.#tracks.values()].sort((a, b) => b.sightings - a.sightings || a.id - b.id)
  }

  /** Drops the tracks with the fewest sightings, except those of the last minute, which may still grow. */
  #forget(nowSeconds: number): void {
    for (const track of this.#mostSeen().slice(2 * MAX_TRACKS)) {
      if (nowSeconds - (track.lanes.at(-1)?.to ?? 0) < 60) continue
      this.#tracks.delete(track.id)
      this.#hide(track)
      this.#forgotten++
    }
  }

  #seen({ trackId, confidence, className }: TrackedDetection, seconds: number, side: Side): Track {
    let track = this.#tracks.get(trackId)
    if (track === undefined) {
      track = {
        ...{ id: trackId, sightings: 0, images: 0, confidence: 0 },
        ...{ classes: new Map(), lanes: [], pictures: undefined, withImages: false },
      }
      this.#tracks.set(trackId, track)
      if (this.#tracks.size > 4 * MAX_TRACKS && trackId % MAX_TRACKS === 0) this.#forget(seconds)
    }
    track.sightings++
    track.confidence += confidence
    if (className !== undefined) track.classes.set(className, (track.classes.get(className) ?? 0) + 1)
    const lane = track.lanes.at(-1)
    if (lane?.side === side && seconds - lane.to <= this.intervalSeconds * HOLE_FRAMES) lane.to = seconds
    else track.lanes.push({ from: seconds, to: seconds, side })
    return track
  }

  /** Whether the track has pictures: it does while it is among the tracks with the most sightings. */
  #isShown(track: Track): boolean {
    if (track.pictures !== undefined) return true
    if (this.#shown.size === MAX_TRACKS) {
      const least = [...this.#shown].reduce((a, b) => (b.sightings < a.sightings ? b : a))
      if (least.sightings >= track.sightings) return false
      this.#hide(least)
    }
    track.pictures = new Spread(MAX_PICTURES)
    track.withImages = this.#withImages < MAX_WITH_IMAGES
    if (track.withImages) this.#withImages++
    this.#shown.add(track)
    return true
  }

  #hide(track: Track): void {
    if (!this.#shown.delete(track)) return
    if (track.withImages) this.#withImages--
    track.withImages = false
    track.pictures = undefined
  }
}

async function shown({ frame, seconds, side, before, after, variants }: Picture): Promise<TrackPicture> {
  return {
    frame,
    seconds,
    side,
    before: dataUrl(await before),
    ...(after !== undefined && { after: dataUrl(await after) }),
    variants: (await Promise.all(variants)).map(dataUrl),
  }
}
