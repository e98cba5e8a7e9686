import type { Detection, Picture } from '../../types.js'
import type { Sighting } from '../surface/ground.js'
import type { DetectorOptions } from './detector-options.js'
import { iou } from './nms.js'
import type { Quality } from './quality.js'
import type { View, Views } from './views.js'

interface Reason {
  /** For people: what the view was chosen for. */
  readonly why: string
}

/** A view, chosen for a video, and the players that were seen for it: none if there was nothing to choose. */
export type FittedView = View & Reason & { readonly seen: readonly Sighting[] }

/** The options of a detector, with the view that was chosen for a video. */
export type FittedDetector = DetectorOptions &
  Reason & {
    /** How far players reach above the playing surface, as a share of the frame's height; undefined if unknown. */
    readonly reach?: number | undefined
  }

/** What a choice of a view needs. */
export interface Trial {
  readonly views: Views
  readonly quality: Quality
  /** Detections in a sample frame, by the detector of a view. */
  look(picture: Picture, view: View): Promise<readonly Detection[]>
  /** Those of the detections in a sample frame that are surely players. */
  playersIn(picture: Picture, detections: readonly Detection[]): readonly Detection[]
  /** Pixels of the input for each of the picture. */
  magnification(view: View, picture: Picture): number
}

/** Sample frames that are looked at: more would cost a short video a noticeable share of its run. */
const maxFrames = 4

/** Places of the sample frames that are looked at, among `count` of them: the middles of equal parts. */
export function lookedAt(count: number): number[] {
  const looked = Math.min(count, maxFrames)
  return Array.from({ length: looked }, (_, i) => Math.floor(((i + 0.5) * count) / looked))
}
/** Fewer players say nothing of a video. */
const minPlayers = 8
/** Share of the players that may be smaller than required: far away, bent, half hidden. */
const smaller = 0.1
/** Height in pixels of the input below which even a view larger than the full one is taken. */
const tooSmall = 20
/** IoU of two boxes of one player at two sizes. */
const sameBox = 0.5

/**
 * Chooses the cheapest view at which the players of a video stay found: by the height of those that the full view finds
 * in a few frames, then by a second look, at the chosen size. No time is measured, and the same frames give the same
 * view.
 */
export async function fitView(
  samples: readonly [Picture, ...Picture[]],
  { views: { views, full }, quality, look, playersIn, magnification }: Trial,
): Promise<FittedView> {
  const most = views.length - 1
  const fullView = views[full]!
  if (most === 0) return { ...fullView, why: 'the only one that the options leave', seen: [] }
  const pictures = lookedAt(samples.length).map(i => samples[i]!)
  const found = await Promise.all(pictures.map(picture => look(picture, fullView)))
  const players = found.map((detections, i) => playersIn(pictures[i]!, detections))
  const tall = players.flatMap((all, i) =>
    all.map(({ xyxy: [, y1, , y2] }) => (y2 - y1) / pictures[i]!.height),
  )
  const frames = pictures.length === 1 ? 'one frame' : `${pictures.length} sample frames`
  if (tall.length < minPlayers)
    return { ...fullView, why: `fewer than ${minPlayers} players are in ${frames}`, seen: [] }
  const seen = pictures.map((picture, i): Sighting => ({ picture, people: players[i]! })) // found in each
  const low = tall.sort((a, b) => a - b)[Math.floor(smaller * tall.length)]!
  const heightIn = (view: View) => low * samples[0].height * magnification(view, samples[0])
  const needed = heightIn(fullView) < tooSmall ? tooSmall : Math.min(quality.leastHeight, heightIn(fullView))
  const enough = views.findIndex(view => heightIn(view) >= needed)
  const chosen = enough === -1 ? most : enough
  const view = views[chosen]!
  const height = heightIn(view)
  const shortage =
    height < needed || height < quality.leastHeight
      ? ', less than wanted: a larger --input-size may find more'
      : ''
  const least = chosen === 0 ? 'the smallest of this --quality; ' : ''
  const size = `${least}nine of ten players in ${frames} are at least ${Math.floor(height)} pixels tall in it${shortage}`
  if (chosen >= full) return { ...view, why: size, seen }
  const again = await Promise.all(pictures.map(picture => look(picture, view)))
  const lost = countLost(players, again)
  if (lost <= Math.ceil((1 - quality.found) * tall.length)) {
    return { ...view, why: `${size}, and ${tall.length - lost} of ${tall.length} are found again`, seen }
  }
  return {
    ...views[chosen + 1]!,
    why: `one step less loses ${lost} of ${tall.length} players in ${frames}`,
    seen,
  }
}

/** Players without a box of their own in what was found again. */
function countLost(players: readonly (readonly Detection[])[], again: readonly (readonly Detection[])[]) {
  const lost = players.flatMap((all, i) => {
    const left = new Set(again[i])
    return all.filter(player => {
      const same = [...left].find(other => iou(player.xyxy, other.xyxy) >= sameBox)
      return same === undefined || !left.delete(same)
    })
  })
  return lost.length
}
