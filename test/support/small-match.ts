import type { Options } from '../../dist/index.js'

/**
 * Two seconds of the sample match in small frames, a tenth of the work to read: for tests of what happens to images, not
 * of what is on them. `smallVideo` in matches.ts draws it.
 */
export const smallSize = { seconds: 2, fps: 25, width: 640, height: 360 } as const

/** Settings that find its players, and look at no frame before, so that each inference is of one sampled frame. */
export const smallSettings = {
  ...{ inputSize: 416, minHeight: 8, grassSamples: 1, workers: 1 },
  ...{ surface: [66, 122, 54], background: 'surface' },
} as const satisfies Options

/** What decides the dataset, as words of the command line. */
export const smallShape: readonly string[] = [
  ...['--input-size', '416', '--min-height', '8', '--grass-samples', '1'],
  ...['--surface', '66,122,54', '--background', 'surface'],
]

/** All of it. */
export const smallFlags: readonly string[] = [...smallShape, '--workers', '1']

/** The same for 8 sampled frames, and with little patience for storage. */
export const eightFrames: readonly string[] = ['--fps', '4', ...smallFlags, '--stall-seconds', '2']
