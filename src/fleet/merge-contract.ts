/** `summary.json` of a batch. Field names are those of the file. */
export interface BatchSummary {
  readonly format: 'cropstream-batch/1'
  /** Name of the batch. */
  readonly batch: string
  /** By state, together those of the list. */
  readonly videos: VideoCounts
  readonly totals: Totals
  readonly failures: readonly FailureGroup[]
  readonly unfinished: readonly UnfinishedVideo[]
  /** Ids of the videos without a result. */
  readonly not_begun: readonly string[]
  /** Videos that are the same, byte for byte, as one before them in the list, and share its dataset. */
  readonly same_content: readonly { readonly id: string; readonly same_as: string }[]
  /**
   * Videos that are done but whose dataset cannot be read: none of their images is in the index. What is left of it must
   * be removed before they are tried again.
   */
  readonly without_dataset: readonly UnreadDataset[]
  /** Commands that begin the failed videos again, and those without a dataset: on this machine, and in a queue. */
  readonly retry: { readonly batch: string; readonly queue: string } | null
}

export interface VideoCounts {
  readonly failed: number
  readonly unfinished: number
  readonly not_begun: number
  readonly done: number
}

/** Frames, images and identities are those of the datasets in the index; time is that of all attempts of all videos. */
export interface Totals {
  readonly datasets: number
  /** Sampled frames. */
  readonly frames: number
  /** Rows of the index. */
  readonly images: number
  /** Tracks with images. */
  readonly identities: number
  readonly image_bytes: number
  readonly attempts: number
  readonly seconds: number
  readonly core_seconds: number
  /** `null` without images. */
  readonly seconds_per_image: number | null
  readonly core_seconds_per_image: number | null
}

/** Videos that failed alike: their reasons differ at most in names and numbers. */
export interface FailureGroup {
  readonly exit_code: number
  /** Of the first of them. */
  readonly reason: string
  readonly ids: readonly string[]
}

export interface UnfinishedVideo {
  readonly id: string
  /** Of the last attempt. */
  readonly exit_code: number
  readonly reason: string | null
}

export interface UnreadDataset {
  readonly id: string
  readonly root: string
  readonly reason: string
}
