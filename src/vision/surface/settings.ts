import { expected, UsageError } from '../../common/errors.js'
import { integer, number, type Rgb, rgb, setting, settingGroup } from '../../settings/setting.js'
import { surfaceDefaults } from './fit-surface.js'

/** Colors that can be given. */
const maxColors = 5

/** Reads `200,60,40` and `200,60,40+30,120,130`; leaves everything else as it is. */
function readColors(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\d{1,3}(,\d{1,3}){2}(\+\d{1,3}(,\d{1,3}){2})*$/.test(value))
    return value
  const colors = value.split('+').map(color => color.split(',').map(Number))
  return colors.length === 1 ? colors[0] : colors
}

/** The colors that were given for the surface; undefined for a word. */
export function givenColors(surface: 'auto' | 'none' | Rgb | readonly Rgb[]): readonly Rgb[] | undefined {
  if (typeof surface === 'string') return undefined
  return isColor(surface) ? [surface] : surface
}

const isColor = (surface: Rgb | readonly Rgb[]): surface is Rgb => typeof surface[0] === 'number'

/** How the colors of the playing surface are learned. */
export const surfaceSettings = settingGroup(
  'playing surface',
  {
    surface: setting<'auto' | 'none' | Rgb | readonly Rgb[]>(
      z => {
        const colors = z.array(rgb(z)).min(1).max(maxColors)
        return z.preprocess(readColors, z.union([z.enum(['auto', 'none']), rgb(z), colors]))
      },
      'auto, none, or red,green,blue, each from 0 to 255, and others after a +',
      {
        default: 'auto',
        value: 'auto|none|r,g,b[+r,g,b]',
        help: 'the playing surface: auto learns its colors from where people stand; none keeps everyone; or about its color: of the court first, then of what is around it',
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
