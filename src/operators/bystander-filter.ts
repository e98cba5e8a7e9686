import type { StatefulStep } from '../runtime/operator.js'
import { toggle } from '../settings/setting.js'
import type { TrackedFrame } from '../types.js'
import { statefulOperator } from './definition.js'

/** Tracks seen so far, by their id: true once on the court. */
type State = Readonly<Record<string, boolean>>

/**
 * Drops the tracks that have not yet been on the court, such as judges and coaches around it, as `bystander`. Who has
 * been on it once is kept from then on. Where no court is told from the surface around it, everyone passes.
 */
export const bystanderFilter = statefulOperator({
  name: 'bystander-filter',
  settings: {
    bystanderFilter: toggle({
      default: true,
      help: 'keep people on the playing surface who have not been on the court: judges, coaches',
    }),
  },
  enabled: ({ bystanderFilter }) => bystanderFilter,
  make: (): StatefulStep<TrackedFrame, TrackedFrame, State> => {
    let played = new Map<string, boolean>()
    return {
      step(frame, context) {
        const kept = frame.detections.filter(({ trackId, onCourt }) => {
          const track = String(trackId)
          const before = played.get(track)
          if (onCourt !== undefined && !before) played.set(track, onCourt)
          return before || onCourt || (onCourt === undefined && before === undefined)
        })
        const aside = frame.detections.find(detection => !kept.includes(detection))
        context.count(frame.detections.length, kept.length)
        context.drop('bystander', frame.detections.length - kept.length, aside?.xyxy)
        return [{ ...frame, detections: kept }]
      },
      snapshot: () => Object.fromEntries(played),
      restore(state) {
        played = new Map(Object.entries(state))
      },
    }
  },
})
