import type { StatefulStep } from '../runtime/operator.js'
import { toggle } from '../settings/setting.js'
import type { TrackedFrame } from '../types.js'
import { type SpectatorState, Spectators } from '../vision/spectators/spectators.js'
import { statefulOperator } from './definition.js'

/**
 * Drops those who have not left their place since their track began, outside of where the others play: in a crowd, of a
 * size that nobody has there who plays, or for long. Who moves is kept from then on. Drops none as long as too few move to
 * tell where the play is, and where frames are too far apart to track.
 */
export const spectatorFilter = statefulOperator({
  name: 'spectator-filter',
  settings: {
    spectatorFilter: toggle({
      default: true,
      help: 'keep people who have never left their place beyond the play: spectators, benches, coaches',
    }),
  },
  enabled: ({ spectatorFilter }) => spectatorFilter,
  make: (): StatefulStep<TrackedFrame, TrackedFrame, SpectatorState> => {
    const spectators = new Spectators()
    return {
      step(frame, context) {
        const { detections, motion } = frame
        const beside = spectators.among(frame.frame, detections, motion)
        const kept = detections.filter(detection => !beside.has(detection))
        const [example] = beside
        context.count(detections.length, kept.length)
        context.drop('spectator', beside.size, example?.xyxy)
        return [{ ...frame, detections: kept }]
      },
      snapshot: () => spectators.state,
      restore(state) {
        spectators.restore(state)
      },
    }
  },
})
