/** The nouns of the graph. Everything here can be handed to a worker thread. */
import type { Final } from './runtime/operator.js'

/** Pixels, `[x1, y1, x2, y2]`, origin top left; x2 and y2 are exclusive. May be fractional. */
export type Xyxy = readonly [number, number, number, number]

/**
 * One decoded frame. `rgb` is a slot of the source's pool, `width * height * 3` bytes, row-major RGB:
 * every thread sees it, nobody writes it once it is filled, and it is only valid while its lease is held.
 */
export interface Frame {
  /** Number of the frame in the video, from 0, in presentation order. */
  readonly index: number
  /** Presentation time in milliseconds from the start of the video. */
  readonly ptsMs: number
  readonly width: number
  readonly height: number
  readonly rgb: Uint8Array<SharedArrayBuffer>
}

export interface Detection {
  readonly xyxy: Xyxy
  /** 0 to 1. */
  readonly confidence: number
  readonly classId: number
  /** Given by the tracker; unique within the video, from 1. */
  readonly trackId?: number
}

/**
 * A tiny picture of the whole frame, 8-bit luma, row-major: what the tracker looks at to see a camera
 * cut or a pan without touching the frame itself.
 */
export interface FrameThumbnail {
  readonly width: number
  readonly height: number
  readonly luma: Uint8Array<ArrayBuffer>
}

/** A frame with what was found in it. */
export interface DetectedFrame {
  readonly frame: Frame
  readonly detections: readonly Detection[]
  readonly thumbnail: FrameThumbnail
}

/** A frame whose detections all carry a `trackId`. */
export interface TrackedFrame {
  readonly frame: Frame
  readonly detections: readonly TrackedDetection[]
  /** As of this frame. */
  readonly tracks: TrackCounts
}

export interface TrackCounts {
  /** Tracks with an id. */
  readonly opened: number
  /** Those of them that can no longer be found again: unseen for too long, or from before a cut. */
  readonly closed: number
  /** Camera cuts. */
  readonly cuts: number
}

export type TrackedDetection = Detection & { readonly trackId: number }

/** Interleaved 8-bit RGB that owns its pixels: `width * height * 3` bytes. */
export interface Pixels {
  readonly width: number
  readonly height: number
  readonly rgb: Uint8Array<ArrayBuffer>
}

/**
 * One player in one frame, cut out.
 * `key` is `track_{N}/crop_frame_{F}_det_{D}`: it depends only on frame, track and detection, so that a
 * re-run of the same video writes the same names.
 */
export interface Crop extends Pixels {
  readonly key: string
  readonly frameIndex: number
  readonly ptsMs: number
  readonly detection: TrackedDetection
  /** 255 where the player is, 0 where the background was; `width * height` bytes. Set by background removal. */
  readonly mask?: Uint8Array<ArrayBuffer>
}

/** A crop as an earlier run kept it. */
export interface StoredCrop {
  readonly key: string
  readonly detection: TrackedDetection
  readonly jpeg: Uint8Array<ArrayBuffer>
}

/** The crops of one frame, read back from storage. */
export interface StoredFrame {
  readonly index: number
  readonly ptsMs: number
  readonly crops: readonly StoredCrop[]
}

/** The side of the dataset that a crop belongs to. */
export type Subset = 'train' | 'val'

/** A crop with its place in the dataset: `augmentation` is 0 for the crop itself, 1 to K for its variants. */
export interface DatasetCrop extends Crop {
  readonly subset: Subset
  readonly augmentation: number
}

/** Where an image of the dataset comes from. */
export interface Sample {
  readonly subset: Subset
  readonly trackId: number
  readonly frameIndex: number
  readonly ptsMs: number
  readonly xyxy: Xyxy
  readonly confidence: number
  readonly classId: number
  readonly augmentation: number
  readonly width: number
  readonly height: number
}

/** An encoded image with its name below the root of the run: final, ready for a sink. */
export interface ImageFile extends Final {
  /** Of the frame that it shows, or shows a part of. */
  readonly frameIndex: number
  /** With forward slashes, as `datasets/train/track_3/crop_frame_40_det_1.jpg`. */
  readonly path: string
  readonly bytes: Uint8Array
  /** Of `bytes`, lower-case hexadecimal. */
  readonly sha256: string
  /** Set for the images of the dataset; intermediate ones have none. */
  readonly sample?: Sample
}

/** What a source gives for one frame: its pixels, or the crops that an earlier run kept of it. */
export type FrameOrigin = Frame | StoredFrame

/** Undefined for a frame of which only crops were stored. */
export const frameOf = (origin: FrameOrigin): Frame | undefined => ('rgb' in origin ? origin : undefined)
