import type { FrameMatches } from './matching.js'

export interface DetectionScore {
  /** Share of the players that were found, and of the boxes that are players; 1 when there are none. */
  readonly recall: number
  readonly precision: number
  readonly hits: number
  readonly missed: number
  readonly falseAlarms: number
  /** Boxes on ignored players. */
  readonly ignored: number
}

export function detectionScore(frames: readonly FrameMatches[]): DetectionScore {
  const sum = (count: (frame: FrameMatches) => number) =>
    frames.reduce((total, frame) => total + count(frame), 0)
  const hits = sum(frame => frame.hits.length)
  const missed = sum(frame => frame.missed.length)
  const falseAlarms = sum(frame => frame.falseAlarms.length)
  const ignored = sum(frame => frame.ignored.found.length)
  return {
    recall: share(hits, missed),
    precision: share(hits, falseAlarms),
    hits,
    missed,
    falseAlarms,
    ignored,
  }
}

function share(part: number, rest: number): number {
  return part + rest === 0 ? 1 : part / (part + rest)
}
