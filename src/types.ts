/** Data types of the graph. All of them can be sent to a worker thread. */
import type { Final } from './runtime/operator.js'

/** Pixels, `[x1, y1, x2, y2]`, origin top left; x2 and y2 are exclusive. May be fractional. */
export type Xyxy = readonly [number, number, number, number]

/** How YUV becomes RGB, by the name of the standard. */
export type ColorMatrix = 'bt601' | 'bt709' | 'bt2020' | 'fcc' | 'smpte240m'

/** What the bytes of a picture mean. */
export interface Encoding {
  /** Of planes of luma, blue difference and red difference; `rgb`: they are green, blue and red (ITU-T H.273). */
  readonly matrix: ColorMatrix | 'rgb'
  /** Levels from 0 to 255; otherwise luma from 16 to 235 and chroma from 16 to 240. */
  readonly fullRange: boolean
  readonly chroma: {
    /** Columns and rows of pixels for each sample. */
    readonly columns: 1 | 2
    readonly rows: 1 | 2
    /** Place of the first sample, in pixels from the center of the first pixel. */
    readonly x: number
    readonly y: number
  }
}

/** A picture in three planes of 8 bits, one after another, row-major, without gaps. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly planes: Uint8Array
  readonly encoding: Encoding
}

/**
 * One decoded frame. Its planes are a slot of the source's pool: all threads share it, it is read-only after decoding,
 * and it is valid only while its lease is held.
 */
export interface Frame extends Picture {
  /** Number of the frame in the video, from 0, in presentation order. */
  readonly index: number
  /** Presentation time in milliseconds from the start of the video. */
  readonly ptsMs: number
  readonly planes: Uint8Array<SharedArrayBuffer>
}

export interface Detection {
  readonly xyxy: Xyxy
  /** 0 to 1. */
  readonly confidence: number
  readonly classId: number
  /** Undefined in the decoding of a network, and if unknown, from an older run. */
  readonly className?: string | undefined
  /** Set by the tracker; unique within the video, starting at 1. */
  readonly trackId?: number
  /**
   * Of its box in the frame, before its background is removed, to hundredths; see `sharpnessOf`. Undefined in the decoding of
   * a network, and if unknown, from an older run.
   */
  readonly sharpness?: number | undefined
  /** Whether the feet are on the court, where it can be told from the surface around it. */
  readonly onCourt?: boolean
}

/** A tiny picture of the whole frame, 8-bit luma, row-major, for the detection of camera cuts and pans. */
export interface FrameThumbnail {
  readonly width: number
  readonly height: number
  readonly luma: Uint8Array<ArrayBuffer>
}

/**
 * A motion of the camera as it moves the picture, in pixels: (x, y) goes to (a x - b y + dx, b x + a y + dy). The zoom is
 * the length of (a, b), the roll its angle.
 */
export interface Motion {
  readonly a: number
  readonly b: number
  readonly dx: number
  readonly dy: number
}

/** A frame with its detections. */
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
  /** Of the camera since the frame before; undefined where a shot begins, and if unknown. */
  readonly motion?: Motion | undefined
}

export interface TrackCounts {
  /** Number of track ids so far. */
  readonly opened: number
  /** Tracks that cannot continue: out of sight for too long, or from before a cut. */
  readonly closed: number
  /** Camera cuts. */
  readonly cuts: number
}

export type TrackedDetection = Detection & { readonly trackId: number }

/** Interleaved 8-bit RGB in a buffer of its own, `width * height * 3` bytes. */
export interface Pixels {
  readonly width: number
  readonly height: number
  readonly rgb: Uint8Array<ArrayBuffer>
}

/**
 * The pixels of one player in one frame. `key` is `track_{N}/crop_frame_{F}_det_{D}`: it depends only on the frame,
 * track and detection, so that runs of the same video write the same names.
 */
export interface Crop extends Pixels {
  readonly key: string
  readonly frameIndex: number
  readonly ptsMs: number
  readonly detection: TrackedDetection
  /** Where it was cut out, for background removal; undefined behind it, and for a stored crop. */
  readonly origin?: CropOrigin | undefined
  /** 255 for the player, 0 for the background; `width * height` bytes. Set by background removal. */
  readonly mask?: Uint8Array<ArrayBuffer>
}

/** The frame of a crop, as valid as its lease, and the upper left corner of the crop in it. */
export interface CropOrigin {
  readonly frame: Frame
  readonly x: number
  readonly y: number
}

/** A crop stored by an earlier run. */
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

/** The side of the split that a crop belongs to. */
export type Subset = 'train' | 'val'

/** A crop with its place in the dataset: `augmentation` is 0 for the crop itself, 1 to K for its variants. */
export interface DatasetCrop extends Crop {
  readonly subset: Subset
  readonly augmentation: number
}

/** Origin of an image of the dataset. */
export interface Sample {
  readonly subset: Subset
  readonly trackId: number
  readonly frameIndex: number
  readonly ptsMs: number
  readonly xyxy: Xyxy
  readonly confidence: number
  readonly classId: number
  /** Undefined if unknown, from an older run. */
  readonly className?: string | undefined
  /** Of the detection: variants have that of their crop. Undefined if unknown, from an older run. */
  readonly sharpness?: number | undefined
  readonly augmentation: number
  readonly width: number
  readonly height: number
}

/** An encoded image with its path below the root of the run, ready for a sink. */
export interface ImageFile extends Final {
  /** Index of the frame that the image is from. */
  readonly frameIndex: number
  /** With forward slashes, for example `datasets/train/track_3/crop_frame_40_det_1.jpg`. */
  readonly path: string
  readonly bytes: Uint8Array
  /** Hash of `bytes`, lower-case hexadecimal. */
  readonly sha256: string
  /** Set for the images of the dataset; intermediate ones have none. */
  readonly sample?: Sample
}

/** A value of the source: a frame with pixels, or the stored crops of a frame. */
export type FrameOrigin = Frame | StoredFrame

/** The frame; undefined if only its crops were stored. */
export const frameOf = (origin: FrameOrigin): Frame | undefined => ('planes' in origin ? origin : undefined)
