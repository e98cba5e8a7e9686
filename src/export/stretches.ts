import type { Identity } from './contract.js'

/** Market-1501 has six cameras, and its loaders refuse higher numbers. */
const mostStretches = 6
/** Shorter ones would hold little more than the time that separates them. */
const shortestMs = 2000
/** Images this soon after the end of the stretch before look like those at its end. */
const separationMs = 1000

/** The time in which an identity is seen, divided into equal stretches. */
export function stretchesOf({ times }: Pick<Identity, 'times'>): {
  startMs: number
  lengthMs: number
  count: number
} {
  const startMs = times[0] ?? 0
  const allMs = (times.at(-1) ?? startMs) - startMs
  const count = Math.min(mostStretches, Math.max(1, Math.floor(allMs / shortestMs)))
  return { startMs, lengthMs: allMs / count, count }
}

/** The stretch of a moment, from 0, and whether it is apart from the one before. */
export function stretchAt(
  identity: Pick<Identity, 'times'>,
  ptsMs: number,
): { stretch: number; apart: boolean } {
  const { startMs, lengthMs, count } = stretchesOf(identity)
  if (count === 1) return { stretch: 0, apart: true }
  const since = ptsMs - startMs
  const stretch = Math.min(count - 1, Math.floor(since / lengthMs))
  return { stretch, apart: stretch === 0 || since - stretch * lengthMs >= separationMs }
}

/**
 * One frame of each stretch as a query: the middle one of those that are apart from the stretch before. A stretch with a
 * single such image has none: it stays in the gallery, for the queries of the others.
 */
export function queriesOf(identity: Pick<Identity, 'times' | 'frames'>): number[] {
  const byStretch = new Map<number, number[]>()
  for (const [i, ptsMs] of identity.times.entries()) {
    const { stretch, apart } = stretchAt(identity, ptsMs)
    const frame = identity.frames[i]
    if (apart && frame !== undefined) byStretch.set(stretch, [...(byStretch.get(stretch) ?? []), frame])
  }
  const several = [...byStretch.values()].filter(frames => frames.length > 1)
  if (several.length < 2) return []
  return several.map(frames => frames[frames.length >> 1] ?? 0)
}
