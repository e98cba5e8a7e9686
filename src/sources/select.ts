import type { FrameTimes } from './frame-times.js'

/** Characters; the system refuses arguments of 128 KiB. */
const maxLength = 60_000

/** More make a longer expression. */
const maxRuns = maxLength / 20

/** Number of times that fit into an expression. */
const maxTimes = 1500

/**
 * Expression for ffmpeg's `select` that is true for the frames `indices`, ascending. Where times are exact it is over
 * `pts`, so that it also holds after a seek, and after a picture that the decoder leaves out; otherwise over `n`, the
 * place of a frame in the order of decoding from the start. Of an irregular choice for which it would be too long, it
 * is true for all frames: a reader has to leave out what it did not want.
 */
export function framesExpression({ exact, pts, before }: FrameTimes, indices: Uint32Array): string {
  if (indices.length === 0) return '0'
  if (!exact) return selectExpression(indices.map(index => index + before))
  const first = pts[0]!
  const interval = (pts[pts.length - 1]! - first) / (pts.length - 1) || 1
  if (pts.every((time, i) => Math.abs((time - first) / interval - i) < 0.4))
    return selectExpression(indices, `round((pts-(${first}))/${interval})`)
  return indices.length <= maxTimes ? timesExpression(Array.from(indices, index => pts[index]!)) : '1'
}

/**
 * Frames that a sampling chooses lie on a line that is rounded down, even where their distances alternate (23.976
 * frames a second give 5 by steps of 5 and 4). Each such run is one comparison, and runs are found by bisection, so
 * that the expression is short and fast for hours of video.
 *
 * @param place of a frame among all, an expression.
 */
export function selectExpression(indices: Uint32Array, place = 'n'): string {
  const runs = runsOf(indices)
  const text = runs.length <= maxRuns ? `st(0,${place});${bisect(runs)}` : '1'
  return text.length <= maxLength ? text : '1'
}

/** Expression that is true for the frames with the times `ticks`, ascending, over `pts`; it also holds after a seek. */
export function timesExpression(ticks: readonly number[]): string {
  const middle = ticks.length >> 1
  if (middle === 0) return `eq(pts,${ticks[0]})`
  return `if(lt(pts,${ticks[middle]}),${timesExpression(ticks.slice(0, middle))},${timesExpression(ticks.slice(middle))})`
}

/** The frames `first + floor(step * k + phase)` up to `last`, for k = 0, 1, 2, … */
interface Run {
  readonly first: number
  readonly last: number
  readonly step: number
  readonly phase: number
}

/** At most one more than `maxRuns`. */
function runsOf(indices: Uint32Array): Run[] {
  const runs: Run[] = []
  for (let start = 0; start < indices.length && runs.length <= maxRuns; ) {
    const rest = indices.subarray(start)
    const { line, length } = longestLine(rest)
    const [step, phase] = line
    runs.push({ first: rest[0]!, last: rest[length - 1]!, step, phase })
    start += length
  }
  return runs
}

/**
 * The line through as many of the first indices as possible. Only where the line misses one, the set of possible lines
 * is cut: through its middle, so that few cuts suffice for millions of indices.
 */
function longestLine(indices: Uint32Array): { readonly line: Line; readonly length: number } {
  let lines = allLines
  let line = middle(lines)
  let length = 1
  for (;;) {
    length = firstMissed(indices, line, length, indices.length)
    if (length === indices.length) return { line, length }
    for (let missed = length; missed <= length; ) {
      lines = through(lines, missed, indices[missed]! - indices[0]!)
      if (lines.length === 0) return { line, length }
      const other = middle(lines)
      missed = firstMissed(indices, other, 0, length + 1)
      if (missed > length) line = other
    }
  }
}

/** The first of the indices `from` to before `end` that is not on the line; `end` if there is none. */
function firstMissed(indices: Uint32Array, [step, phase]: Line, from: number, end: number): number {
  const first = indices[0]!
  let k = from
  while (k < end && Math.floor(step * k + phase) === indices[k]! - first) k++
  return k
}

/** Step and phase of a line. */
type Line = readonly [step: number, phase: number]

/** Corners of the convex set of all lines. */
const allLines: readonly Line[] = [
  [1, 0],
  [1e7, 0],
  [1e7, 1],
  [1, 1],
]

/** The line that is farthest from all rounding. */
function middle(lines: readonly Line[]): Line {
  const mean = (axis: 0 | 1) => lines.reduce((sum, line) => sum + line[axis], 0) / lines.length
  return [mean(0), mean(1)]
}

/** The lines of a convex set that pass through frame `offset` at `k`: offset <= step * k + phase < offset + 1. */
function through(lines: readonly Line[], k: number, offset: number): readonly Line[] {
  const above = clip(lines, ([step, phase]) => step * k + phase - offset)
  return clip(above, ([step, phase]) => offset + 1 - step * k - phase)
}

/** The part of a convex polygon in which a linear function is positive (Sutherland and Hodgman). */
function clip(corners: readonly Line[], value: (line: Line) => number): readonly Line[] {
  return corners.flatMap((corner, i) => {
    const next = corners[(i + 1) % corners.length]!
    const [here, there] = [value(corner), value(next)]
    const kept = here > margin ? [corner] : []
    if (here > margin === there > margin) return kept
    const share = (here - margin) / (here - there)
    const between = (axis: 0 | 1) => corner[axis] + share * (next[axis] - corner[axis])
    return [...kept, [between(0), between(1)] as const]
  })
}

/** Keeps lines apart from where rounding decides. */
const margin = 1e-6

function bisect(runs: readonly Run[]): string {
  const [run] = runs
  if (run === undefined) return '0'
  if (runs.length === 1) {
    const { first, last, step, phase } = run
    if (first === last) return `eq(ld(0),${first})`
    const k = `ceil((ld(0)-${first}-${phase})/${step})`
    return `between(ld(0),${first},${last})*eq(floor(${step}*${k}+${phase}),ld(0)-${first})`
  }
  const rest = runs.slice(runs.length >> 1)
  return `if(lt(ld(0),${rest[0]!.first}),${bisect(runs.slice(0, runs.length >> 1))},${bisect(rest)})`
}
