import { type EventLoopUtilization, performance } from 'node:perf_hooks'
import { type Bottleneck, bottleneckOf } from './bottleneck.js'
import type { RunView } from './run-observer.js'

/** What a run did in a stretch of time. */
export interface RunSample {
  /** Length of the stretch. */
  readonly seconds: number
  readonly framesPerSecond: number
  readonly imagesPerSecond: number
  /** Resident memory at its end. */
  readonly memoryBytes: number
  /** Share of the workers' time in which they worked, 0 to 1. */
  readonly busy: number
  readonly bottleneck: Bottleneck
}

/** Reads a run's counters from time to time and says what happened in between. */
export class RunSampler {
  #last: Reading
  #bottleneck: Bottleneck | undefined

  constructor(readonly view: RunView) {
    this.#last = readingOf(view)
  }

  /** What happened since the last call, or since the pulse was made. */
  beat(): RunSample {
    const [from, to] = [this.#last, readingOf(this.view)]
    this.#last = to
    const ms = Math.max(to.atMs - from.atMs, 1e-3)
    const { run, video } = this.view
    const busy = Math.min(1, (to.busyMs - from.busyMs) / (ms * run.pool.workers))
    const steps = new Map(
      [...to.workMs].map(([name, workMs]) => [name, { workMs: workMs - (from.workMs.get(name) ?? 0) }]),
    )
    const bottleneck = bottleneckOf(
      {
        decoding: (steps.get(video.name)?.workMs ?? 0) / ms,
        uploading: (to.uploadWaitMs - from.uploadWaitMs) / ms,
        main: performance.eventLoopUtilization(to.loop, from.loop).utilization,
        busy,
        steps,
      },
      video.name,
      this.view.config,
    )
    // A task counts when it ends: until one does, nothing has changed.
    if (bottleneck !== undefined) this.#bottleneck = bottleneck
    return {
      seconds: ms / 1000,
      framesPerSecond: (1000 * (to.frames - from.frames)) / ms,
      imagesPerSecond: (1000 * (to.images - from.images)) / ms,
      memoryBytes: process.memoryUsage.rss(),
      busy,
      bottleneck: this.#bottleneck ?? {
        name: 'start',
        advice: 'It was over before anything could bound it.',
      },
    }
  }
}

interface Reading {
  readonly atMs: number
  readonly frames: number
  readonly images: number
  readonly busyMs: number
  readonly uploadWaitMs: number
  readonly loop: EventLoopUtilization
  readonly workMs: ReadonlyMap<string, number>
}

const readingOf = ({ run, sink, places }: RunView): Reading => ({
  atMs: performance.now(),
  frames: run.done,
  images: sink.samples,
  busyMs: run.pool.busyMs,
  uploadWaitMs: places.window.waitedMs,
  loop: performance.eventLoopUtilization(),
  workMs: new Map([...run.counts].map(([name, { workMs }]) => [name, workMs])),
})
