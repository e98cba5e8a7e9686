import { type EventLoopUtilization, performance } from 'node:perf_hooks'
import { type Bottleneck, bottleneckOf } from './bottleneck.js'
import type { RunView } from './run-observer.js'

/** Throughput and load of a run over an interval. */
export interface RunSample {
  /** Length of the interval. */
  readonly seconds: number
  readonly framesPerSecond: number
  readonly imagesPerSecond: number
  /** Resident memory at its end. */
  readonly memoryBytes: number
  /** Utilization of the workers, 0 to 1. */
  readonly busy: number
  readonly bottleneck: Bottleneck
}

/** Computes rates from the counters of a run between two calls. */
export class RunSampler {
  #last: Snapshot
  #bottleneck: Bottleneck | undefined

  constructor(readonly view: RunView) {
    this.#last = snapshotOf(view)
  }

  /** The interval since the last call, or since the sampler was created. */
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
        reading: (steps.get(source.name)?.workMs ?? 0) / ms,
        uploading: (to.uploadWaitMs - from.uploadWaitMs) / ms,
        main: performance.eventLoopUtilization(to.loop, from.loop).utilization,
        busy,
        steps,
      },
      source.name,
      this.view.config,
    )
    // Work is counted when a task ends: keep the last bottleneck until then.
    if (bottleneck !== undefined) this.#bottleneck = bottleneck
    return {
      seconds: ms / 1000,
      framesPerSecond: (1000 * (to.frames - from.frames)) / ms,
      imagesPerSecond: (1000 * (to.images - from.images)) / ms,
      memoryBytes: process.memoryUsage.rss(),
      busy,
      bottleneck: this.#bottleneck ?? {
        name: 'start',
        advice: 'The run was too short to find its bottleneck.',
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
