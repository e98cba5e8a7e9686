import type { StatefulStep } from '../runtime/operator.js'
import { number } from '../settings/setting.js'
import type { Crop } from '../types.js'
import { appearanceOf, differenceOf } from '../vision/imaging/appearance.js'
import { statefulOperator } from './definition.js'

/** Number of kept crops of a track to compare a new one with. */
const REMEMBERED = 4
/** A track without detections for longer does not return. */
const FORGET_MS = 120_000

/** State of one track. */
interface Memory {
  readonly lastMs: number
  /** Appearances of the last kept crops, the latest first. */
  readonly kept: readonly string[]
}

/**
 * Keeps a crop only if it differs enough from the last kept ones of its track, and drops the others as
 * `near_duplicate`: a player who stands still gives many equal pictures.
 */
export const changeFilter = statefulOperator({
  name: 'change-filter',
  settings: {
    minChange: number({
      from: 0,
      to: 1,
      default: 0,
      value: '0-1',
      help: 'drop crops that differ less than this from the last kept ones of their track, as near_duplicate; 0 keeps all',
    }),
  },
  enabled: ({ minChange }) => minChange > 0,
  make: ({ minChange }): StatefulStep<Crop, Crop, Record<string, Memory>> => {
    let tracks = new Map<string, Memory>()
    return {
      step(crop, context) {
        const track = String(crop.detection.trackId)
        const appearance = appearanceOf(crop)
        const kept = tracks.get(track)?.kept ?? []
        if (kept.length === 0) forget(tracks, crop.ptsMs - FORGET_MS)
        const isNew = kept.every(other => differenceOf(appearance, other) >= minChange)
        const remembered = isNew ? [appearance, ...kept].slice(0, REMEMBERED) : kept
        tracks.set(track, { lastMs: crop.ptsMs, kept: remembered })
        if (isNew) return [crop]
        context.drop('near_duplicate', 1, crop.detection.xyxy)
        return []
      },
      snapshot() {
        return Object.fromEntries(tracks)
      },
      restore(state) {
        tracks = new Map(Object.entries(state))
      },
    }
  },
})

function forget(tracks: Map<string, Memory>, beforeMs: number): void {
  for (const [track, { lastMs }] of tracks) if (lastMs < beforeMs) tracks.delete(track)
}
