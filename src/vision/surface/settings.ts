import { expected, UsageError } from '../../common/errors.js'
import { integer, number, type Rgb, rgb, setting, settingGroup } from '../../settings/setting.js'
import { surfaceDefaults } from './fit-surface.js'

/** How the colors of the playing surface are learned. */
export const surfaceSettings = settingGroup(
  'playing surface',
  {
    surface: setting<'auto' | 'none' | Rgb>(
      z =>
        z.union([
          z.enum(['auto', 'none']),
          rgb(z),
          z
            .string()
            .regex(/^\d{1,3},\d{1,3},\d{1,3}$/)
            .transform(text => text.split(',').map(Number) as [number, number, number]) // as the pattern says
            .refine(color => color.every(level => level <= 255)),
        ]),
      'auto, none, or red,green,blue, each from 0 to 255',
      {
        default: 'auto',
        value: 'auto|none|r,g,b',
        help: 'the playing surface: auto learns its colors from where people stand; none keeps everyone; or about its color',
      },
    ),
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
