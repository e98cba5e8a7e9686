/** Rows and columns of a decoded frame, before it is rotated, that are not part of the picture. */
export interface Cropping {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** The video stream as ffprobe describes it. */
export interface CodedStream {
  /** Among all streams of the file. */
  readonly index: number
  /** In MP4 the id of the track, as `0x1`; undefined in containers for which ffprobe shows none. */
  readonly id: string | undefined
  /** Size of the decoded frames. */
  readonly width: number
  readonly height: number
}
