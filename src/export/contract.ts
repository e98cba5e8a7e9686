/** What a format is given, and what it gives back. Formats are one file each, listed in `formats.ts`. */
import type { PersonName } from '../review/actions.js'
import type { Settings, Values } from '../settings/setting.js'
import type { ObjectStream } from '../storage/store.js'
import type { Subset, Xyxy } from '../types.js'

/** A complete run of one video. */
export interface RunInfo {
  /** Place among the runs of the export, from 1. */
  readonly number: number
  /** Folder or `gs://bucket/prefix`, for messages. */
  readonly location: string
  readonly videoGuid: string
  /** Hash over everything that the run made. */
  readonly datasetSha256: string
  /** File name of the video, untrusted. */
  readonly name: string
  /** Pixels of the frames as shown. */
  readonly width: number
  readonly height: number
  readonly fps: number
  /** Frames of the video, not only those that were sampled. */
  readonly frameCount: number
  readonly split: { readonly by: 'time' | 'identity' }
  /** Hash of the review that corrected it. */
  readonly reviewSha256?: string
}

/** One person within one video: a track, or what a review made of tracks. Its `id` is unique across the runs of the export. */
export interface Identity {
  /** From 1, without gaps, in the order of the runs and their tracks. */
  readonly id: number
  readonly run: RunInfo
  /** The track; with a review the lowest of its tracks, and from 1 000 000 on a part of one. */
  readonly trackId: number
  /** What a review named the person. */
  readonly name: PersonName | undefined
  /** Its images that are no variants: the numbers of their frames, ascending. */
  readonly frames: readonly number[]
  /** Their times in milliseconds, parallel to `frames`. */
  readonly times: readonly number[]
  /** All of its images, with the variants. */
  readonly images: number
  /** The sharpness of each is known. */
  readonly isMeasured: boolean
}

/** An image of the dataset: a crop or a variant of one. */
export interface ExportImage {
  readonly run: RunInfo
  readonly identity: Identity
  readonly subset: Subset
  /** 0 for the crop itself, 1 to K for its variants. */
  readonly augmentation: number
  readonly frameIndex: number
  readonly ptsMs: number
  /** In pixels of the frame, see `Xyxy`. */
  readonly box: Xyxy
  readonly confidence: number
  readonly classId: number
  /** `null` if unknown. */
  readonly className: string | null
  /** Of the crop before its background was removed, for variants too: see `sharpnessOf`. `null` if unknown, from an older run. */
  readonly sharpness: number | null
  /** Path in the run, with `--layout files`: `datasets/train/track_3/crop_frame_40_det_1.jpg`. */
  readonly path: string
  /** Where it is stored: `path`, or a shard; with the place of its bytes in it. */
  readonly stored: { readonly path: string; readonly offset: number; readonly bytes: number }
  readonly jpeg: Uint8Array
}

/** A box in a frame. Boxes without an identity have no image in the dataset: the crop was too small, or blurred. */
export interface ExportBox {
  readonly trackId: number
  readonly identity: Identity | undefined
  readonly box: Xyxy
  readonly confidence: number
  readonly classId: number
  readonly className: string | null
}

/** A sampled frame with everyone in it. */
export interface ExportFrame {
  readonly run: RunInfo
  /** Number in the video from 0. */
  readonly index: number
  readonly ptsMs: number
  readonly boxes: readonly ExportBox[]
  /** Path of the frame's picture in the run; undefined if the run did not keep frames (`--save-frames`). */
  readonly picture: string | undefined
  /** Reads the picture. Undefined like `picture`. */
  readonly readPicture: (() => Promise<Uint8Array>) | undefined
}

/** The runs of an export as one dataset. Iterating again reads again; the order is always the same. */
export interface Dataset {
  readonly runs: readonly RunInfo[]
  /** Those that are left by the options, by id. */
  readonly identities: readonly Identity[]
  /** Images that the options leave out, by reason. */
  readonly leftOut: Readonly<Record<string, number>>
  /** Runs whose `frames` were found to have no pictures: they were made without `--save-frames`. */
  readonly withoutPictures: ReadonlySet<RunInfo>
  /** Images of `identities`, run by run in the order of the frames. */
  images(): AsyncIterable<ExportImage>
  /** Run by run in the order of time. */
  frames(): AsyncIterable<ExportFrame>
}

/** The sides of a dataset in which training and testing are kept apart. */
export const sides = ['train', 'val', 'test', 'query', 'gallery'] as const
export type Side = (typeof sides)[number]

/** Where a format writes. Writes run side by side; a call resolves when there is room for the next. */
export interface Target {
  write(path: string, bytes: Uint8Array): Promise<void>
  /** For what is too large to be held in memory. */
  stream(path: string): Promise<ObjectStream>
  /** Counts an image that was written, for the statistics and the audit. @param camera as the format names it, if it does. */
  placed(image: ExportImage, side: Side, camera?: number): void
}

/**
 * What the format promises of its sides, which the audit checks. `identities`: nobody is in training and in testing;
 * `run`: what each run promised, by its split; undefined: it has no sides.
 */
export type Promised = 'identities' | 'run' | undefined

export interface Format<S extends Settings = Settings> {
  readonly name: string
  /** One line: what it is and what opens it. */
  readonly help: string
  /** Its own options. */
  readonly settings: S
  readonly promised: Promised
  /** Its programs show the pictures of frames, where runs kept them. */
  readonly showsFrames?: true
  /** @throws UsageError when the dataset cannot be in this format, before anything is written. */
  write(dataset: Dataset, target: Target, options: Values<S>): Promise<void>
  /** Lines of Python, or a command, that load what was written below `root`, a string of Python. */
  load(root: string): readonly string[]
}

/** A format with its settings. */
export const format = <const S extends Settings>(definition: Format<S>): Format<S> => definition
