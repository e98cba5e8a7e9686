/**
 * Everything that the page of the report shows, as JSON inside it. Seconds are of the video unless they are
 * said to be of the run; pictures are small JPEGs, `data:image/jpeg;base64,…`.
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
    /** ISO 8601. */
    readonly finishedAt: string
    readonly version: string
    readonly model: { readonly name: string; readonly sha256: string }
    readonly images: number
    readonly train: number
    readonly val: number
    readonly tracks: number
    readonly cuts: number
    readonly wallSeconds: number
    readonly peakBytes: number
    readonly warnings: readonly string[]
    /** Sentences: what this report cannot show, because of where the run started. */
    readonly omitted: readonly string[]
  }
  /** Every setting that shapes the dataset; `changed` when it is not the default. */
  readonly options: readonly {
    readonly flag: string
    readonly value: string
    readonly changed: boolean
  }[]
  /** From the frames of the video to the images of the dataset, in order. */
  readonly funnel: readonly { readonly label: string; readonly count: number; readonly note?: string }[]
  readonly steps: readonly StepRow[]
  /** One sentence: what bounded the run, and the setting that would help. */
  readonly bottleneck: string
  /**
   * The video in at most 400 equal stretches, those without a frame left out; `seconds` is the middle of each.
   * Per frame looked at, how many were found and how many kept.
   */
  readonly detections: readonly {
    readonly seconds: number
    readonly found: number
    readonly tracked: number
  }[]
  /** By id; at most 500, those with the most sightings. */
  readonly tracks: readonly TrackReport[]
  /** Tracks that are not among `tracks`. */
  readonly tracksLeftOut: number
  readonly histograms: readonly Histogram[]
  readonly drops: readonly DropReport[]
  /** The run, in at most 300 equal stretches. */
  readonly timeline: readonly Moment[]
  readonly leakage: readonly Check[]
}

export interface StepRow {
  readonly step: string
  /** Not there for the source, which takes nothing in. */
  readonly in?: number
  readonly out: number
  readonly dropped: Readonly<Record<string, number>>
  readonly workSeconds: number
  readonly waitSeconds: number
  /** Of the work of all steps, 0 to 1. Not there for the source, whose time is spent waiting for ffmpeg. */
  readonly share?: number
}

export interface TrackReport {
  readonly id: number
  /** Frames in which it was seen. */
  readonly sightings: number
  readonly images: number
  /** Mean confidence of its detections, 0 to 1. */
  readonly confidence: number
  /** Stretches in which it was seen, one side each; they break where it was out of sight. */
  readonly lanes: readonly { readonly from: number; readonly to: number; readonly side: Side }[]
  /** Spread evenly over its life, in order. */
  readonly pictures: readonly TrackPicture[]
}

/** Where what was seen stands in the dataset: a gap is between the sides and in neither. */
export type Side = 'train' | 'gap' | 'val'

export interface TrackPicture {
  readonly frame: number
  readonly seconds: number
  readonly side: Side
  readonly before: string
  /** As in the dataset; none for what fell into a gap. */
  readonly after?: string
  /** Augmented variants. */
  readonly variants: readonly string[]
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
  readonly count: number
  readonly pictures: readonly { readonly frame: number; readonly picture: string }[]
}

/** A stretch of the run. */
export interface Moment {
  /** Where the stretch ends, since the graph began; it starts where the one before ends. */
  readonly seconds: number
  readonly framesPerSecond: number
  readonly imagesPerSecond: number
  readonly memoryBytes: number
  /** Share of the workers' time in which they worked, 0 to 1. */
  readonly busy: number
  /** What bounded it then: `decode`, `upload`, `main thread`, or the name of a step. */
  readonly bottleneck: string
}

/** One thing that must hold of the dataset, looked up in what was written. */
export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}
