import { MultiBar } from 'cli-progress'
import { formatMegabytes } from '../common/format.js'
import type { RunView } from '../observe/run-observer.js'
import { type RunSample, RunSampler } from '../observe/run-sampler.js'
import { viewText } from '../vision/detectors/views.js'
import type { Log } from './log.js'

/** A progress bar on a terminal; otherwise a log line every few seconds. */
export class Progress {
  #timer: NodeJS.Timeout | undefined
  #finish = () => {}

  /** @param terminal where a bar is drawn. */
  constructor(
    readonly log: Log,
    readonly terminal: NodeJS.WriteStream | undefined,
  ) {}

  start(view: RunView): void {
    const { info, root, source } = view
    const { framesExpected } = source.report
    this.log.info(
      `${view.name}: ${info.width}x${info.height}, ${info.fps.toFixed(2)} frames/s, ${info.frameCount} frames, ` +
        `of which ${framesExpected} are sampled; writing to ${root}`,
      { root, video_frames: info.frameCount, frames_expected: framesExpected },
    )
    const { detector, model, device } = view
    if (detector !== undefined) {
      const { inputSize, tiles, why } = detector
      this.log.info(
        `${model.name}${device.name === 'cpu' ? '' : ` on ${device.name}`}: ${viewText(detector, model.input)} (${why}); ${classText(detector.classes, model.classes)}`,
        {
          model: model.name,
          input_size: model.input.width ?? inputSize,
          tiles,
          why,
          device: device.name,
          precision: model.listed?.precision,
        },
      )
      if (device.why !== undefined) this.log.info(`detector on ${device.name}: ${device.why}`)
    }
    const { method, agreement, why } = view.removal
    if (method !== 'none')
      this.log.info(
        `backgrounds are removed by ${method === 'surface' ? 'the colors of the surface' : 'the person network'} (${why})`,
        {
          background: method,
          agreement,
          why,
        },
      )
    const sampler = new RunSampler(view)
    const began = performance.now()
    // What an earlier process of a resumed run finished took none of this time.
    const before = view.run.finished
    const state = () => stateOf(view, sampler.sample(), before, (performance.now() - began) / 1000)
    if (this.terminal === undefined) {
      this.#timer = setInterval(() => {
        const now = state()
        this.log.info(lineOf(now), { progress: now })
      }, 5000)
    } else {
      const { terminal } = this
      // MultiBar even for one bar: only it can print lines above the bar.
      const bars = new MultiBar({
        format:
          '{bar} {percentage}% | {frames_per_second} frames/s | {images} images | {left} left | {memory} | bound by {bottleneck}',
        stream: terminal,
        barsize: 20,
        hideCursor: true,
        // Stopped below: an interrupted run still has frames to finish.
        gracefulExit: false,
      })
      const shown = () => {
        const now = state()
        return { ...now, left: timeLeft(now.seconds_left), memory: formatMegabytes(now.memory_bytes) }
      }
      const update = () => {
        const now = shown()
        bar.update(now.frames, now)
      }
      const bar = bars.create(framesExpected, 0, shown())
      // MultiBar does not wrap lines.
      this.log.through(line => bars.log(`${folded(line, terminal.columns || 80)}\n`))
      this.#timer = setInterval(update, 500)
      this.#finish = () => {
        update()
        bars.update()
        bars.stop()
        this.log.through()
      }
    }
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#finish()
  }
}

/** The fields of the JSON log. */
interface State {
  readonly percent: number
  readonly frames: number
  readonly frames_expected: number
  readonly frames_per_second: number
  readonly images: number
  /** Null before the first finished frame. */
  readonly seconds_left: number | null
  readonly memory_bytes: number
  /** Since the last line. */
  readonly bottleneck: string
}

/** @param before frames that were finished at the start. @param seconds since then. */
function stateOf({ run, source, sink }: RunView, sample: RunSample, before: number, seconds: number): State {
  const [frames, expected] = [run.finished, source.report.framesExpected]
  const now = frames - before
  return {
    percent: Math.round((100 * frames) / expected),
    frames,
    frames_expected: expected,
    frames_per_second: Math.round((10 * now) / seconds) / 10,
    images: sink.samples,
    seconds_left: now === 0 ? null : Math.round(((expected - frames) * seconds) / now),
    memory_bytes: sample.memoryBytes,
    bottleneck: sample.bottleneck.name,
  }
}

const lineOf = (now: State): string =>
  `${now.percent}% ${now.frames}/${now.frames_expected} frames, ${now.frames_per_second} frames/s, ${now.images} images, ` +
  `${timeLeft(now.seconds_left)} left, ${formatMegabytes(now.memory_bytes)}, bound by ${now.bottleneck}`

export const folded = (line: string, columns: number): string =>
  line.match(new RegExp(`.{1,${columns}}`, 'gs'))?.join('\n') ?? line

export function timeLeft(seconds: number | null): string {
  if (seconds === null) return '?'
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** The classes that a run looks for and, unless they are many, those that it leaves out. */
function classText(wanted: readonly string[], known: readonly string[]): string {
  const others = known.filter(name => !wanted.includes(name))
  const left = others.length === 0 || others.length > 12 ? '' : `, not for ${others.join(', ')}`
  return `looking for ${wanted.length > 12 ? `${wanted.length} classes` : wanted.join(', ')}${left}`
}
