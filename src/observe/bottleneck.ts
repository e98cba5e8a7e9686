import type { StepCount } from '../runtime/step-metrics.js'

/** How a run spent an interval of time; shares from 0 to 1. */
export interface Load {
  /** Share of the time waiting for the next frame, or for its stored crops. */
  readonly reading: number
  /** Share of the time waiting for uploads: for a free place in the upload window, or at the end for the last ones. */
  readonly uploading: number
  /** Utilization of the main thread. */
  readonly main: number
  /** Utilization of the workers. */
  readonly busy: number
  /** Work of each step in the interval. */
  readonly steps: ReadonlyMap<string, Pick<StepCount, 'workMs'>>
}

/** The resource or step that limits the throughput. */
export interface Bottleneck {
  /** `decode`, `upload`, `main thread`, or the name of a step or of a source that decodes nothing. */
  readonly name: string
  /** One sentence with the setting that would help. */
  readonly advice: string
}

/** Options that the advice depends on: it must not recommend what is already set. */
export interface TuningOptions {
  readonly from?: unknown
  readonly layout?: unknown
  readonly augment?: unknown
  readonly chroma?: unknown
}

/**
 * The bottleneck of an interval of a run; undefined when no step worked. Backpressure reveals it: steps before the
 * slowest one wait, steps after it idle.
 * @param source name of the first step, which only waits for ffmpeg or the storage.
 */
export function bottleneckOf(
  { reading, uploading, main, busy, steps }: Load,
  source: string,
  options: TuningOptions,
): Bottleneck | undefined {
  const fewerFrames = fewerFramesFor(options)
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
    return found('main thread', why, fewerWrites, fewerFrames, 'several videos side by side')
  }
  if (reading > 0.5 && busy < 0.8) {
    const why = `, for which the graph waited ${percent(reading)} of the time`
    return options.from === 'crops'
      ? found(source, why, 'a faster or nearer storage')
      : found('decode', why, 'more --decoders or cores', fewerFrames)
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

/** Settings that make a step cheaper. */
const remediesFor = (options: TuningOptions): Readonly<Record<string, readonly string[]>> => {
  const { layout, augment, chroma } = options
  const fewerFrames = fewerFramesFor(options)
  const fewerVariants = Number(augment) > 0 ? ['fewer variants (--augment)'] : []
  return {
    detect: ['a smaller --input-size', fewerFrames],
    'remove-background': [fewerFrames, '--no-background-removal'],
    augment: fewerVariants,
    encode: [...fewerVariants, ...(chroma === '4:4:4' ? ['--chroma 4:2:0'] : [])],
    write: layout === 'files' ? ['--layout shards'] : [],
  }
}

/** Empty with `--from`: the earlier run chose the frames. */
const fewerFramesFor = ({ from = 'video' }: TuningOptions): string =>
  from === 'video' ? 'fewer frames (--fps)' : ''

const percent = (share: number): string => `${Math.round(100 * share)}%`

const list = (items: readonly string[]): string =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} or ${items.at(-1)}`
