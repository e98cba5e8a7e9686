import { expected, UsageError } from '../../common/errors.js'
import { integer, number, settingGroup } from '../../settings/setting.js'
import { surfaceDefaults } from './fit-surface.js'

/** How the colors of the playing surface are learned. */
export const surfaceSettings = settingGroup(
  'playing surface',
  {
    grassSamples: integer({
      from: 1,
      to: 50,
      default: surfaceDefaults.sampleFrames,
      value: 'frames',
      help: 'frames from which the colors of the playing surface are learned',
    }),
    grassTop: number({
      from: 0,
      to: 0.9,
      default: surfaceDefaults.topCropRatio,
      value: 'fraction',
      help: 'top of those frames that is left out',
    }),
    grassBottom: number({
      from: 0,
      to: 0.9,
      default: surfaceDefaults.bottomCropRatio,
      value: 'fraction',
      help: 'bottom of those frames that is left out',
    }),
    grassSensitivity: number({
      from: 0.5,
      to: 10,
      default: surfaceDefaults.sensitivity,
      value: 'deviations',
      help: 'how far from those colors a pixel still is playing surface: larger takes more',
    }),
  },
  ({ grassTop, grassBottom }) => {
    if (grassTop + grassBottom >= 1) {
      const name = '--grass-top and --grass-bottom'
      throw new UsageError(expected('less than 1 together', name, grassTop + grassBottom))
    }
  },
)
