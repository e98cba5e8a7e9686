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

/** Reads the counters of a run from time to time and computes what happened in between. */
export class RunSampler {
  #last: Snapshot
  #bottleneck: Bottleneck | undefined

  constructor(readonly view: RunView) {
    this.#last = snapshotOf(view)
  }

  /** What happened since the last call, or since the sampler was made. */
  sample(): RunSample {
    const [from, to] = [this.#last, snapshotOf(this.view)]
    this.#last = to
    const ms = Math.max(to.atMs - from.atMs, 1e-3)
    const { run, source } = this.view
    const busy = Math.min(1, (to.busyMs - from.busyMs) / (ms * run.pool.workers))
    const steps = new Map(
      [...to.workMs].map(([name, workMs]) => [name, { workMs: workMs - (from.workMs.get(name) ?? 0) }]),
    )
    const bottleneck = bottleneckOf(
      {
        decoding: (steps.get(source.name)?.workMs ?? 0) / ms,
        uploading: (to.uploadWaitMs - from.uploadWaitMs) / ms,
        main: performance.eventLoopUtilization(to.loop, from.loop).utilization,
        busy,
        steps,
      },
      source.name,
      this.view.config,
    )
    // A task is counted when it ends: until then nothing has changed.
    if (bottleneck !== undefined) this.#bottleneck = bottleneck
    return {
      seconds: ms / 1000,
      framesPerSecond: (1000 * (to.frames - from.frames)) / ms,
      imagesPerSecond: (1000 * (to.images - from.images)) / ms,
      memoryBytes: process.memoryUsage.rss(),
      busy,
      bottleneck: this.#bottleneck ?? {
        name: 'start',
        advice: 'The run ended before anything could bound it.',
      },
    }
  }
}

interface Snapshot {
  readonly atMs: number
  readonly frames: number
  readonly images: number
  readonly busyMs: number
  readonly uploadWaitMs: number
  readonly loop: EventLoopUtilization
  readonly workMs: ReadonlyMap<string, number>
}

const snapshotOf = ({ run, sink, storage }: RunView): Snapshot => ({
  atMs: performance.now(),
  frames: run.finished,
  images: sink.samples,
  busyMs: run.pool.busyMs,
  uploadWaitMs: storage.window.waitedMs,
  loop: performance.eventLoopUtilization(),
  workMs: new Map([...run.counts].map(([name, { workMs }]) => [name, workMs])),
})
