import { expected, UsageError } from '../common/errors.js'
import { integer, number, path, setting, settingGroup, toggle } from '../settings/setting.js'
import { defaultSampling } from './sampling.js'

/** Options of which one, at most, can be set. */
const samplingKeys = ['fps', 'every', 'frames'] as const

type Given = Readonly<Record<string, unknown>>

/** Options over those of a place that counts less: one way of sampling replaces another. */
export function overriding(less: Given, more: Given): Record<string, unknown> {
  const given = samplingKeys.some(key => key in more)
  const kept = Object.entries(less).filter(([key]) => !given || !samplingKeys.some(other => other === key))
  return { ...Object.fromEntries(kept), ...more }
}

/** Which frames of a video are looked at, and how it is read. */
export const videoSettings = settingGroup(
  'video',
  {
    fps: number({
      from: 0.001,
      to: 1000,
      value: 'frames/s',
      essential: true,
      help: `frames per second to look at (default: ${defaultSampling.fps})`,
    }),
    every: integer({ from: 1, to: 1e9, value: 'N', help: 'look at every N-th frame, in place of --fps' }),
    frames: integer({
      from: 1,
      to: 1e6,
      value: 'N',
      help: 'look at N frames equally spaced over the video, in place of --fps; without tracking',
    }),
    videoStream: integer({
      from: 0,
      to: 10_000,
      value: 'N',
      help: 'number of the video stream to read, as ffprobe shows it (default: the one with the largest pictures)',
    }),
    lenient: toggle({
      default: false,
      help: 'keep what is readable of a damaged video, and leave out a few frames that a step fails on',
    }),
    decoders: setting<number | 'auto'>(
      z => z.union([z.int().min(1).max(64), z.literal('auto')]),
      'auto or a whole number from 1 to 64',
      {
        default: 'auto',
        value: 'N|auto',
        shapesDataset: false,
        help: 'ffmpegs that decode at a time, each a stretch of the video; auto: one for each 8 workers',
      },
    ),
    hwaccel: setting(z => z.string().regex(/^\w+$/), 'none, auto or a name that ffmpeg -hwaccels lists', {
      default: 'none',
      value: 'none|auto|name',
      help: 'decode by hardware through ffmpeg, if its first frames are those of software within 1 level',
    }),
    ffmpeg: path({ help: 'ffmpeg to use (default: FFMPEG_PATH, the PATH, the bundled one)' }),
    ffprobe: path({ help: 'ffprobe to use (default: FFPROBE_PATH, the PATH, the bundled one)' }),
  },
  values => {
    const sampling = samplingKeys.filter(key => values[key] !== undefined)
    if (sampling.length > 1)
      throw new UsageError(expected('one way of sampling', '--fps, --every and --frames', sampling))
  },
)
