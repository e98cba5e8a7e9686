import { agreement, refine } from './alignment.js'
import type { Pyramid } from './detail.js'
import { type Motion, resized, still, zoomOf } from './motion.js'
import { recognition } from './recognition.js'
import { guessViews } from './view-search.js'

/** Agreement from which on two pictures show one scene, without a closer look. */
const clear = 0.75

/** Weight, against the agreement, of the margin by which the parts are recognized where the view puts them. */
const marginWeight = 3

/** Evidence from which on a view is believed. */
const sound = 1.5

/**
 * Doubt in a view that only a search finds: of thousands, the best fits by chance too. A shift in widths and a zoom as a
 * logarithm, against the expected view, are free up to a pan at full speed; beyond, they cost evidence.
 */
const doubt = { shift: { free: 0.2, weight: 0.5 }, zoom: { free: 0.2, weight: 1.5 } }

/** A view of the picture before, and how well the picture after fits it. */
export interface Fit {
  readonly view: Motion
  readonly agreement: number
}

/** How well two pictures show one scene, from about 0.5 and less for different ones to 4. */
export interface Comparison {
  readonly view: Motion
  readonly evidence: number
}

/**
 * Finds the view with which two pictures agree best: an expected one, or where none of them fits, any.
 * @param enough evidence from which on no better view is looked for.
 */
export function compare(
  last: Pyramid,
  now: Pyramid,
  expected: readonly Motion[],
  enough = sound,
): Comparison {
  const usual = expected.map(view => align(last, now, view))
  let best = bestOf(usual)
  let evidence = evidenceOf(last, now, best)
  if (evidence < enough) {
    const [guess = still] = expected
    const faster = align(last, now, { ...guess, dx: 2 * guess.dx, dy: 2 * guess.dy })
    for (const found of search(last, now, [...usual, faster])) {
      const its = evidenceOf(last, now, found) - doubtIn(found.view, guess, now[0])
      if (its > evidence) [best, evidence] = [found, its]
    }
  }
  return { view: refine(last[0], now[0], best.view, 4), evidence }
}

/** The one with the highest agreement. */
export const bestOf = (fits: readonly Fit[]): Fit =>
  fits.reduce((a, b) => (b.agreement > a.agreement ? b : a))

function evidenceOf(last: Pyramid, now: Pyramid, { view, agreement }: Fit): number {
  const margin = agreement < clear ? recognition(last[0], now[0], view).margin : 1
  return agreement + marginWeight * margin
}

function doubtIn(
  view: Motion,
  expected: Motion,
  { width, height }: { width: number; height: number },
): number {
  const { shift, zoom } = doubt
  const [to, from] = [centerOf(view, width, height), centerOf(expected, width, height)]
  const far = Math.hypot(to.x - from.x, to.y - from.y) / width
  const scaled = Math.abs(Math.log(zoomOf(view) / zoomOf(expected)))
  return shift.weight * Math.max(0, far - shift.free) + zoom.weight * Math.max(0, scaled - zoom.free)
}

/** Where a view puts the center. */
export const centerOf = ({ a, b, dx, dy }: Motion, width: number, height: number) => ({
  x: (a * width - b * height) / 2 + dx,
  y: (b * width + a * height) / 2 + dy,
})

/** Aligns from coarse to fine. Views are in pixels of the whole thumbnail. */
export function align(last: Pyramid, now: Pyramid, view: Motion): Fit {
  const coarse = refine(last[2], now[2], resized(view, 1 / 4), 6)
  const half = refine(last[1], now[1], resized(coarse, 2), 3)
  return { view: resized(half, 2), agreement: agreement(last[1], now[1], half) }
}

/** Views that are tried in full. */
const finalists = 4

/** The best views of all shifts and zooms, and the usual ones, that differ. */
function search(last: Pyramid, now: Pyramid, usual: readonly Fit[]): Fit[] {
  const guesses = guessViews(last[1], now[1]).map(view => align(last, now, resized(view, 2)))
  const ranked = [...usual, ...guesses].map(found => {
    const { near } = recognition(last[1], now[1], resized(found.view, 1 / 2), false)
    return { ...found, rank: found.agreement + near }
  })
  ranked.sort((a, b) => b.rank - a.rank)
  const distinct: Fit[] = []
  for (const found of ranked) {
    if (
      distinct.length < finalists &&
      distinct.every(other => differ(found.view, other.view, now[0].width))
    ) {
      distinct.push(found)
    }
  }
  return distinct
}

const differ = (p: Motion, q: Motion, width: number): boolean =>
  Math.hypot(p.dx - q.dx, p.dy - q.dy) / width + Math.abs(p.a - q.a) > 0.03
