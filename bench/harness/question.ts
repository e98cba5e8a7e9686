import type { PlotOptions } from '@observablehq/plot'

/** One thing that somebody wants to know of cropstream, and how it is found out: one file each. */
export interface Question {
  /** As `npm run bench -- NAME`. */
  readonly name: string
  /** In words, with a question mark. */
  readonly asks: string
  answer(context: Context): Promise<Answer>
}

export interface Context {
  /** Less of everything, so that all questions together take five minutes on two cores. */
  readonly quick: boolean
  /** For scratch; removed afterwards. */
  readonly folder: string
  /** How often each side of a comparison is run. */
  readonly rounds: number
  log(line: string): void
}

export interface Answer {
  readonly tables: readonly ResultTable[]
  readonly bars: readonly Bar[]
  readonly plot?: PlotOptions
  /** What a reader must know to take the figures for what they are. */
  readonly notes: readonly string[]
}

export interface ResultTable {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number)[])[]
}

/** What was hoped for, and what was measured; a figure is said, never asserted. */
export interface Bar {
  readonly what: string
  readonly wanted: string
  readonly measured: string
  readonly met: boolean
}

/** @param digits behind the point. */
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
