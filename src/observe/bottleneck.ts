import type { StepCount } from '../runtime/step-metrics.js'

/** How a run spent a stretch of time; shares from 0 to 1. */
export interface Load {
  /** Of the time, waiting for the next frame to come. */
  readonly decoding: number
  /** Of the time, waiting for uploads: for room among them, or at the end for the last. */
  readonly uploading: number
  /** Of the time, the main thread was at work. */
  readonly main: number
  /** Of the workers' time, they worked. */
  readonly busy: number
  /** What each step did in it. */
  readonly steps: ReadonlyMap<string, Pick<StepCount, 'workMs'>>
}

/** What the graph waits for: with more of it, it would be faster. */
export interface Bottleneck {
  /** `decode`, `upload`, `main thread`, or the name of a step. */
  readonly name: string
  /** One sentence with the setting that would help. */
  readonly advice: string
}

/** Options that advice depends on: what is set already is not advised. */
export interface TuningOptions {
  readonly layout?: unknown
  readonly augment?: unknown
  readonly chroma?: unknown
}

/**
 * What bounded a stretch of a run; undefined when nothing was done in it. Backpressure shows it: steps before the
 * slowest one wait, and those behind it idle.
 * @param source name of the first step, whose time is spent waiting for ffmpeg or the storage.
 */
export function bottleneckOf(
  { decoding, uploading, main, busy, steps }: Load,
  source: string,
  options: TuningOptions,
): Bottleneck | undefined {
  const fewerWrites = options.layout === 'files' ? '--layout shards, which makes fewer and larger writes' : ''
  const found = (name: string, why: string, ...remedies: string[]): Bottleneck => ({
    name,
    advice: `Bound by ${name}${why}: ${list(remedies.filter(remedy => remedy !== ''))} would help.`,
  })
  if (uploading > 0.5) {
    const why = `, for which the graph waited ${percent(uploading)} of the time`
    return found('upload', why, fewerWrites, 'a faster or nearer storage')
  }
  if (main > 0.9) {
    const why = `, busy for ${percent(main)} of the time`
    return found('main thread', why, fewerWrites, 'fewer frames (--fps)', 'several videos side by side')
  }
  if (decoding > 0.5 && busy < 0.8) {
    const why = `, for which the graph waited ${percent(decoding)} of the time`
    return found('decode', why, 'fewer frames (--fps)', 'more cores')
  }
  const work = [...steps].filter(([name]) => name !== source)
  const total = work.reduce((sum, [, { workMs }]) => sum + workMs, 0)
  if (total === 0) return undefined
  const [name, { workMs }] = work.reduce((most, step) => (step[1].workMs > most[1].workMs ? step : most))
  const idle = busy < 0.6 ? `, and the workers were busy for ${percent(busy)} of the time` : ''
  return found(
    name,
    `, ${percent(workMs / total)} of all work${idle}`,
    ...(busy < 0.6 ? ['more --slots'] : []),
    ...(remediesFor(options)[name] ?? []),
    'more cores',
  )
}

/** What makes a step cheaper, beside more cores. */
const remediesFor = ({
  layout,
  augment,
  chroma,
}: TuningOptions): Readonly<Record<string, readonly string[]>> => {
  const fewerVariants = Number(augment) > 0 ? ['fewer variants (--augment)'] : []
  return {
    detect: ['a smaller --input-size', 'fewer frames (--fps)'],
    'remove-background': ['fewer frames (--fps)', '--no-background-removal'],
    augment: fewerVariants,
    encode: [...fewerVariants, ...(chroma === '4:4:4' ? ['--chroma 4:2:0'] : [])],
    write: layout === 'files' ? ['--layout shards'] : [],
  }
}

const percent = (share: number): string => `${Math.round(100 * share)}%`

const list = (items: readonly string[]): string =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} or ${items.at(-1)}`
