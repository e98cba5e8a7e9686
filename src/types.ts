/** The nouns of the graph. Everything here can be handed to a worker thread. */

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
  readonly glance: FrameThumbnail
}

/** A frame whose detections all carry a `trackId`. */
export interface TrackedFrame {
  readonly frame: Frame
  readonly detections: readonly TrackedDetection[]
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
  readonly frameIndex: number
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
export interface ImageFile {
  readonly kind: 'file'
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

export const isImageFile = (value: unknown): value is ImageFile =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'file'

/** The number of the frame that a value is, or that it comes from. */
export function frameIndexOf(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if ('frame' in value) return frameIndexOf(value.frame)
  const index = 'frameIndex' in value ? value.frameIndex : 'index' in value ? value.index : undefined
  return typeof index === 'number' ? index : undefined
}

/** The frame that a value is, or that it belongs to. */
export function frameOf(value: unknown): Frame | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if ('frame' in value) return frameOf(value.frame)
  return 'rgb' in value && 'index' in value ? (value as Frame) : undefined
}
