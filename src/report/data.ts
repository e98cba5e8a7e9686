import type { Standing } from './overlay-colors.js'

/**
 * The data of the report page, embedded in it as JSON. Seconds are video time unless noted otherwise. Pictures are
 * small JPEGs, `data:image/jpeg;base64,…`.
 */
export interface ReportData {
  readonly video: {
    readonly name: string
    readonly guid: string
    readonly sha256: string
    readonly width: number
    readonly height: number
    readonly fps: number
    readonly frames: number
    readonly seconds: number
    readonly bytes: number
  }
  readonly run: {
    readonly guid: string
    readonly root: string
    readonly datasetSha256: string
    /** ISO 8601. */
    readonly finishedAt: string
    readonly version: string
    readonly model: ModelReport
    /** The network that removed backgrounds; missing when none did. */
    readonly person?: ModelReport
    readonly images: number
    readonly train: number
    readonly val: number
    /** With images, and all. */
    readonly tracks: number
    readonly tracksSeen: number
    readonly cuts: number
    readonly wallSeconds: number
    readonly peakBytes: number
    readonly warnings: readonly string[]
    /** Sentences: what this report lacks, because of where the run started. */
    readonly omitted: readonly string[]
  }
  /** Every setting that affects the dataset; `changed` when it is not the default. */
  readonly options: readonly {
    readonly flag: string
    readonly value: string
    readonly changed: boolean
  }[]
  /** From the frames of the video to the images of the dataset, in order. */
  readonly funnel: readonly { readonly label: string; readonly count: number; readonly note?: string }[]
  /** Images of the dataset by class; `name` is missing if unknown, from an older run. */
  readonly classes: readonly { readonly name?: string; readonly images: number }[]
  readonly steps: readonly StepRow[]
  /** One sentence: the bottleneck of the run and the setting that would help. */
  readonly bottleneck: string
  /** One sentence: a setting that would keep many players who were dropped. */
  readonly advice?: string
  /**
   * Mean detections per sampled frame, into the tracker (`found`) and in a track (`tracked`), in at most 400 equal
   * stretches of the video; those without a frame are omitted. `seconds` is the middle of a stretch.
   */
  readonly detections: readonly {
    readonly seconds: number
    readonly found: number
    readonly tracked: number
  }[]
  /** The 1000 tracks with the most sightings, sorted by id. */
  readonly tracks: readonly TrackReport[]
  /** Number of tracks missing from `tracks`. */
  readonly tracksLeftOut: number
  /** Tracks that may be one player, the most similar pair first; missing where they were not compared. */
  readonly pairs?: readonly PairReport[]
  /** Number of pairs missing from `pairs`. */
  readonly pairsLeftOut: number
  readonly histograms: readonly Histogram[]
  readonly drops: readonly DropReport[]
  /** Missing if it is not known what was learned. */
  readonly surface?: SurfaceReport
  /** The run in at most 300 equal intervals. */
  readonly timeline: readonly Moment[]
  readonly leakage: readonly Check[]
}

/** A network, its licenses and the attribution of its training data, if known. */
export interface ModelReport {
  readonly name: string
  readonly sha256: string
  readonly licences: readonly { readonly of: string; readonly licence: string }[]
  /** Addresses are https. */
  readonly attribution: readonly { readonly data: string; readonly licence: string; readonly url: string }[]
}

export interface StepRow {
  readonly step: string
  /** Missing for the source, which has no input. */
  readonly in?: number
  readonly out: number
  readonly dropped: Readonly<Record<string, number>>
  /** Kept with a reservation, by reason. */
  readonly flagged: Readonly<Record<string, number>>
  readonly workSeconds: number
  readonly waitSeconds: number
  /** Share of the work of all steps, 0 to 1. Missing for the source, which only waits for ffmpeg. */
  readonly share?: number
}

export interface TrackReport {
  readonly id: number
  /** Number of frames that contain the track. */
  readonly sightings: number
  readonly images: number
  /** Mean confidence of its detections, 0 to 1. */
  readonly confidence: number
  /** Share of its detections, 0 to 1, by class, the largest first; empty if the classes are unknown. */
  readonly classes: readonly { readonly name: string; readonly share: number }[]
  /** Time ranges in which the track is visible; each has one side of the split. */
  readonly lanes: readonly { readonly from: number; readonly to: number; readonly side: Side }[]
  /** Spread evenly over the track, in order. */
  readonly pictures: readonly TrackPicture[]
  /** Its pictures have no `after` and no variants: there are too many tracks. */
  readonly onlyBefore?: true
}

/** Side of the split. A gap separates the sides and belongs to neither. */
export type Side = 'train' | 'gap' | 'val'

export interface TrackPicture {
  readonly frame: number
  readonly seconds: number
  readonly side: Side
  readonly before: string
  /** As in the dataset; missing in a gap. */
  readonly after?: string | undefined
  /** Augmented variants. */
  readonly variants: readonly string[]
}

export interface PairReport {
  /** Ids; the first one began first. A track may be missing from `tracks`. */
  readonly tracks: readonly [earlier: number, later: number]
  /** Probability, 0 to 1. */
  readonly similarity: number
  readonly words: string
}

export interface Histogram {
  readonly label: string
  readonly unit: string
  /** Equal bins from `from` to `to`. */
  readonly from: number
  readonly to: number
  readonly counts: readonly number[]
}

export interface DropReport {
  readonly step: string
  readonly reason: string
  /** Kept with a reservation, not dropped. */
  readonly kept: boolean
  readonly count: number
  readonly pictures: readonly { readonly frame: number; readonly picture: string }[]
}

/** What was learned of the playing surface. */
export interface SurfaceReport {
  /** Whether it was found, who is dropped for it, how backgrounds are removed, and why. */
  readonly sentences: readonly string[]
  /** Its colors, 0 to 255; none if it was not found. */
  readonly colors: readonly { readonly rgb: readonly number[]; readonly isCourt: boolean }[]
  /** Whether the court is told from the surface around it. */
  readonly told: boolean
  readonly frames: readonly SurfaceFrame[]
  /** The steps that drop people for where they stand. */
  readonly filters: readonly string[]
}

/** A sample frame. */
export interface SurfaceFrame {
  readonly plain: string
  /** The same in gray, with what was found drawn over it in `overlayColors`. */
  readonly marked?: string
  /** How many people are on the surface, around the court and off the surface; missing where they were not looked for. */
  readonly people?: Readonly<Record<Standing, number>>
}

/** An interval of the run. */
export interface Moment {
  /** End of the interval, in seconds since the graph started; it starts at the end of the previous one. */
  readonly seconds: number
  readonly framesPerSecond: number
  readonly imagesPerSecond: number
  readonly memoryBytes: number
  /** Utilization of the workers, 0 to 1. */
  readonly busy: number
  /** `decode`, `upload`, `main thread`, or the name of a step or of a source that decodes nothing. */
  readonly bottleneck: string
}

/** A property that the dataset must have, checked on the written images. */
export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}
