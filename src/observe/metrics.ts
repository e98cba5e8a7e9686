import { Counter, collectDefaultMetrics, exponentialBuckets, Gauge, Histogram, Registry } from 'prom-client'
import { classOf, errorClasses } from '../common/errors.js'
import { version } from '../common/version.js'
import type { StepMetrics } from '../runtime/step-metrics.js'
import type { FrameOrigin, ImageFile } from '../types.js'
import { metricDefinitions } from './metric-definitions.js'
import { register } from './pull-metrics.js'
import type { RunObserver, RunView } from './run-observer.js'

/** Seconds. Per frame, the tracker takes a few milliseconds, the crops about 0.1 s, the detector 0.1 to 0.5 s. */
const workBuckets = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 3, 10]
/** Seconds: from a free worker to a very slow storage. */
const waitBuckets = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30]
const uploadBuckets = [...waitBuckets, 60]
/** From one image to a shard: 1 KiB to 64 MiB. */
const byteBuckets = exponentialBuckets(1024, 2, 17)
const imageBuckets = [1, 10, 30, 100, 300, 1000, 3000, 10_000]

/**
 * The metrics of one run, on the main thread. Existing counters of the run are read at each scrape, at no cost to the
 * run; histograms, images and the position in the video are recorded here.
 */
export class Metrics implements RunObserver {
  /** Metrics of the run, without those of the process: they are pushed and written at the end. */
  readonly results = new Registry()
  #phase: 'starting' | 'running' | 'ended' = 'starting'
  #view: RunView | undefined
  #videoSeconds = 0

  readonly #active = this.#gauge('cropstream_run_active', 'Whether the graph is running: 1 or 0.')
  readonly #errors = this.#counter('cropstream_errors_total', 'Failures that ended a run, by class.', 'class')
  readonly #images = this.#counter(
    'cropstream_images_total',
    'Images of the dataset that reached the sink, by side of the split.',
    'subset',
  )
  readonly #video = this.#counter(
    'cropstream_video_seconds_total',
    'Position in the video of the last decoded frame, in seconds: its rate is the speed as a multiple of real time.',
  )
  readonly #work = this.#histogram(
    'cropstream_step_work_seconds',
    'Seconds of work of a step on one task: a frame with all of its crops, or one image in the sink.',
    workBuckets,
    'step',
  )
  readonly #wait = this.#histogram(
    'cropstream_step_wait_seconds',
    'Seconds that a task waited for a worker, a slot or the sink; tasks that did not wait are not counted.',
    waitBuckets,
    'step',
  )
  readonly #uploadSeconds = this.#histogram(
    'cropstream_upload_seconds',
    'Seconds until an image or a shard was durable in a folder or a bucket, failed attempts included.',
    uploadBuckets,
  )
  readonly #uploadBytes = this.#histogram(
    'cropstream_upload_bytes',
    'Size of one write, an image or a shard, in bytes.',
    byteBuckets,
  )
  readonly #uploadImages = this.#histogram(
    'cropstream_upload_images',
    'Images per write: one, or those of a shard.',
    imageBuckets,
  )

  constructor() {
    // A series must exist before its first increment, or `increase()` misses the first failure.
    for (const name of errorClasses.values()) this.#errors.inc({ class: name }, 0)
    for (const subset of ['train', 'val']) this.#images.inc({ subset }, 0)
    this.#gauge('cropstream_build_info', 'cropstream and Node.js; always 1.', 'version', 'node')
      .labels(version, process.version)
      .set(1)
    this.#gauge(
      'cropstream_run_start_timestamp_seconds',
      'When the run began, in Unix time.',
    ).setToCurrentTime()
    for (const definition of metricDefinitions) register(definition, () => this.#view, this.results)
  }

  /** `results` plus the metrics of the process: memory, CPU, event loop, garbage collection. */
  get registry(): Registry {
    return Registry.merge([this.results, ofProcess()])
  }

  get phase(): 'starting' | 'running' | 'ended' {
    return this.#phase
  }

  started(view: RunView): void {
    this.#view = view
    this.#phase = 'running'
    this.#active.set(1)
  }

  frameRead({ ptsMs }: FrameOrigin): void {
    const seconds = ptsMs / 1000
    this.#video.inc(Math.max(0, seconds - this.#videoSeconds))
    this.#videoSeconds = seconds
  }

  stepRan(step: string, { workMs, waitMs }: Readonly<StepMetrics>): void {
    const labels = { step }
    this.#work.observe(labels, workMs / 1000)
    if (waitMs > 0) this.#wait.observe(labels, waitMs / 1000)
  }

  imageWritten({ sample }: ImageFile): void {
    if (sample !== undefined) this.#images.inc({ subset: sample.subset })
  }

  uploaded(bytes: number, images: number, milliseconds: number): void {
    this.#uploadBytes.observe(bytes)
    this.#uploadImages.observe(images)
    this.#uploadSeconds.observe(milliseconds / 1000)
  }

  /** Call it once, at the end of the run. @param error set when the run failed. */
  ended(error?: unknown): void {
    this.#phase = 'ended'
    this.#active.set(0)
    if (error !== undefined) this.#errors.inc({ class: classOf(error) })
    // Created at the end: a run in progress has neither succeeded nor failed.
    this.#gauge('cropstream_run_success', 'Whether the dataset was published: 1 or 0.').set(
      error === undefined ? 1 : 0,
    )
    this.#gauge(
      'cropstream_run_completion_timestamp_seconds',
      'When the run ended, in Unix time.',
    ).setToCurrentTime()
  }

  #gauge(name: string, help: string, ...labelNames: string[]): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.results] })
  }

  #counter(name: string, help: string, ...labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.results] })
  }

  #histogram(name: string, help: string, buckets: number[], ...labelNames: string[]): Histogram {
    return new Histogram({ name, help, buckets, labelNames, registers: [this.results] })
  }
}

let processRegistry: Registry | undefined
/** Created once per process, at the first scrape: prom-client never removes its observers. */
function ofProcess(): Registry {
  if (processRegistry === undefined) {
    processRegistry = new Registry()
    collectDefaultMetrics({ register: processRegistry })
  }
  return processRegistry
}
