/** A video of a list, as the user gives it. */
export interface ListedVideo {
  /** An absolute path, or `gs://bucket/path`. */
  readonly uri: string
  /** Higher ones are begun first. Default: 0. */
  readonly priority?: number
  /** Size, where it is known: larger ones are begun first. */
  readonly bytes?: number
  /** Options for this video, by their keys, still unchecked; they win over those of the command line. */
  readonly options?: Readonly<Record<string, unknown>>
}

/** A video of a batch, as a line of `list.jsonl` freezes it: it means the same for every machine and for good. */
export interface BatchVideo {
  /** A readable name with a hash of the URI: it names the files of the video, and its job in a queue. */
  readonly id: string
  readonly uri: string
  readonly priority: number
  readonly bytes?: number
  /** All options that decide the dataset and what lies beside it, checked. */
  readonly options: Readonly<Record<string, unknown>>
}

/** Where a batch is: `{out}/{tenant}/user/process/{pipeline}/batch_{name}/`. Its runs have the name as their guid. */
export interface BatchPlace {
  /** An absolute path, or `gs://bucket/prefix`. */
  readonly out: string
  readonly tenant: string
  readonly pipeline: string
  readonly name: string
}

/** One child process. Field names are those of `results/{id}.json`. */
export interface Attempt {
  /** Of the program, or 128 and the signal that ended it. */
  readonly exit_code: number
  /** Its last error, or how it ended. */
  readonly reason?: string
  /** Of another process that works on the run: how long it may be believed to. */
  readonly retry_after_seconds?: number
  /** Worker threads that it was limited to, if any. */
  readonly workers?: number
  readonly host: string
  /** ISO 8601. */
  readonly started_at: string
  readonly seconds: number
  /** User and system time of the process and of its ffmpeg. */
  readonly core_seconds: number
}

/** What was made of a video: the fields of the last line of its log. */
export interface Made {
  /** Folder or prefix with its dataset. */
  readonly root: string
  readonly dataset_sha256: string
  readonly frames: number
  readonly tracks: number
  readonly images: number
  readonly image_bytes: number
}

/** `results/{id}.json`: written after each attempt. */
export interface VideoResult {
  readonly id: string
  readonly uri: string
  /** `failed` for good; `unfinished` is tried again. */
  readonly state: 'done' | 'failed' | 'unfinished'
  /** Of the last attempt. */
  readonly exit_code: number
  /** Why it is not done. */
  readonly reason?: string
  /** Of all attempts together. */
  readonly seconds: number
  readonly core_seconds: number
  readonly made?: Made
  /** Since the start, or since the last retry that a person asked for. */
  readonly attempts: readonly Attempt[]
}

/** What follows from an attempt. */
export type Verdict =
  | { readonly next: 'done' }
  /** For good, until a person asks for a retry. */
  | { readonly next: 'fail'; readonly reason: string }
  /** @see Attempt.workers */
  | { readonly next: 'again'; readonly afterSeconds: number; readonly workers?: number }
  /** It was interrupted: any worker may resume it at once. */
  | { readonly next: 'hand-back' }
