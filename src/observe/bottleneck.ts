import type { StepCount } from '../runtime/tally.js'

/** How a run spent a stretch of time; shares from 0 to 1. */
export interface Load {
  /** Of the time, waiting for ffmpeg to give a frame. */
  readonly decoding: number
  /** Of the time, waiting for room among the uploads. */
  readonly uploading: number
  /** Of the time, the main thread was at work. */
  readonly main: number
  /** Of the workers' time, they worked. */
  readonly busy: number
  /** What each step did in it. */
  readonly steps: ReadonlyMap<string, Pick<StepCount, 'workMs'>>
}

/** Where a graph waits for what: more of this and it would be faster. */
export interface Bottleneck {
  /** `decode`, `upload`, `main thread`, or the name of a step. */
  readonly name: string
  /** One sentence with the setting that would help. */
  readonly advice: string
}

/**
 * What bounded a stretch of a run. Backpressure tells: whoever is slow makes those before it wait, and those behind it idle.
 * @param source name of the first step, which waits for others and does no work of the graph's own.
 */
export function bottleneckOf({ decoding, uploading, main, busy, steps }: Load, source: string): Bottleneck {
  if (uploading > 0.5) {
    return {
      name: 'upload',
      advice: `Bound by upload: ${percent(uploading)} of the time the graph waited for room; --layout shards makes fewer, larger writes.`,
    }
  }
  if (main > 0.9) {
    return {
      name: 'main thread',
      advice: `Bound by the main thread, busy for ${percent(main)} of the time; --layout shards gives it fewer writes, and several videos side by side use the other cores.`,
    }
  }
  if (decoding > 0.5 && busy < 0.8) {
    return {
      name: 'decode',
      advice: `Bound by decode: ${percent(decoding)} of the time the graph waited for ffmpeg; fewer frames (--fps) seek and convert less, a smaller video decodes faster.`,
    }
  }
  const work = [...steps].filter(([name]) => name !== source)
  const total = work.reduce((sum, [, { workMs }]) => sum + workMs, 0)
  const [name, { workMs }] = work.reduce(
    (most, step) => (step[1].workMs > most[1].workMs ? step : most),
    ['nothing', { workMs: 0 }],
  )
  if (total === 0) return { name: 'nothing', advice: 'Nothing was done yet.' }
  const idle = busy < 0.6 ? `the workers were busy for ${percent(busy)} of the time; more --slots or ` : ''
  return {
    name,
    advice: `Bound by ${name}, ${percent(workMs / total)} of all work: ${idle}${remedies[name] ?? 'more cores'} would help.`,
  }
}

/** What makes a step cheaper, beside more cores. */
const remedies: Readonly<Record<string, string>> = {
  detect: 'a smaller --input-size, fewer frames (--fps) or more cores',
  'remove-background': 'fewer frames (--fps), --no-background-removal or more cores',
  augment: 'fewer variants (--augment) or more cores',
  encode: 'fewer variants (--augment), --chroma 4:2:0 or more cores',
  write: 'a faster disk or --layout shards',
  'keep frames': 'no --save-frames',
  'keep original crops': 'no --save-crops',
  'keep modified crops': 'no --save-crops',
}

const percent = (share: number): string => `${Math.round(100 * share)}%`
