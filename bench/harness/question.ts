import type { PlotOptions } from '@observablehq/plot'

/** A question about cropstream and the benchmark that answers it, one per file. */
export interface Question {
  /** As in `npm run bench -- NAME`. */
  readonly name: string
  /** The question itself. */
  readonly text: string
  /** It is about videos of the user, in the folder behind its name; it is answered only when asked. */
  readonly needsVideos?: true
  answer(context: Context): Promise<Answer>
}

export interface Context {
  /** Use smaller inputs, so that all questions together take about seven minutes on two cores. */
  readonly quick: boolean
  /** For temporary files; removed afterwards. */
  readonly folder: string
  /** Folder of the user's videos; set for a question that needs one. */
  readonly videos: string
  /** Number of runs of each side of a comparison. */
  readonly rounds: number
  log(line: string): void
}

export interface Answer {
  readonly tables: readonly ResultTable[]
  readonly bars: readonly Bar[]
  readonly plot?: PlotOptions
  /** What the figures include, and their limits. */
  readonly notes: readonly string[]
}

export interface ResultTable {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number)[])[]
}

/** A target and the measured value. A missed target is reported; the benchmark does not fail. */
export interface Bar {
  readonly what: string
  readonly wanted: string
  readonly measured: string
  readonly met: boolean
}

/** @param digits number of decimals. */
export const atLeast = (what: string, measured: number, wanted: number, digits = 2): Bar => ({
  what,
  wanted: `≥ ${wanted}`,
  measured: measured.toFixed(digits),
  met: measured >= wanted,
})
export const atMost = (what: string, measured: number, wanted: number, digits = 2): Bar => ({
  what,
  wanted: `≤ ${wanted}`,
  measured: measured.toFixed(digits),
  met: measured <= wanted,
})
