/** Of the bundled model that a run takes where none is given. */
export const defaultModelId = 'nanodet-sports'

/** What `--quality` chooses where the options themselves are not given. */
export interface Quality {
  /** Of a bundled model, where there is such a file. */
  readonly precision: 'int8' | 'fp32'
  /** Least long side of an input of free size, unless the model's own is smaller. */
  readonly leastSize: number
  /** Height, in pixels of the input, that nine of ten players need. */
  readonly leastHeight: number
  /** Share of the players found at full size that a smaller one must find as well. */
  readonly found: number
}

export type QualityName = 'fast' | 'balanced' | 'best'

/** Measured with the default model; see docs/models.md. */
export const qualities: Readonly<Record<QualityName, Quality>> = {
  fast: { precision: 'int8', leastSize: 640, leastHeight: 20, found: 0.9 },
  balanced: { precision: 'int8', leastSize: 992, leastHeight: 32, found: 0.97 },
  best: { precision: 'fp32', leastSize: Number.POSITIVE_INFINITY, leastHeight: 32, found: 1 },
}
