import type { RunObserver, RunView } from '../observe/run-observer.js'
import { RunSampler } from '../observe/run-sampler.js'
import type { StepMetrics } from '../runtime/step-metrics.js'
import { frameOf, isImageFile, type TrackedFrame } from '../types.js'
import { DropBook } from './drop-book.js'
import { Distribution } from './histogram.js'
import { LeakageAudit } from './leakage.js'
import { sharpnessOf } from './sharpness.js'
import { Stretches } from './stretches.js'
import { Timeline } from './timeline.js'
import { TrackBook } from './track-book.js'

/** How often the run itself is looked at. */
const BEAT_MS = 1000

/** What a report is made of, gathered while a run goes. Pictures, tracks and stretches are bounded in number. */
export interface Notes {
  readonly view: RunView
  readonly warnings: readonly string[]
  readonly tracks: TrackBook
  readonly drops: DropBook
  readonly detections: Stretches
  readonly histograms: readonly Distribution[]
  readonly leakage: LeakageAudit
  readonly timeline: Timeline
}

/** Looks on, on the main thread, and takes notes for a report. */
export class Recorder implements RunObserver, Disposable {
  readonly #warnings: string[] = []
  #notes: Notes | undefined
  #timer: NodeJS.Timeout | undefined
  #beat = () => {}
  #see = (_: TrackedFrame) => {}

  warned(message: string): void {
    this.#warnings.push(message)
  }

  started(view: RunView): void {
    const { info, video, plan } = view
    const heights = new Distribution('Height of players', 'pixels', 0, info.height)
    const sharpness = new Distribution('Sharpness', 'log₁₀ variance of the Laplacian', -1, 5)
    const confidence = new Distribution('Confidence', '', 0, 1)
    const tracks = new TrackBook(plan.split, video.intervalSeconds)
    this.#see = tracked => {
      for (const { xyxy, confidence: sure } of tracked.detections) {
        heights.add(xyxy[3] - xyxy[1])
        confidence.add(sure)
        sharpness.add(Math.log10(Math.max(0.1, sharpnessOf(tracked.frame, xyxy))))
      }
      tracks.see(tracked)
    }
    const timeline = new Timeline()
    this.#notes = {
      view,
      warnings: this.#warnings,
      tracks,
      drops: new DropBook(),
      detections: new Stretches(info.durationSeconds),
      histograms: [heights, sharpness, confidence],
      leakage: new LeakageAudit(plan.split, view.config),
      timeline,
    }
    const pulse = new RunSampler(view)
    const began = performance.now()
    this.#beat = () => {
      const { seconds: length, bottleneck, ...beat } = pulse.beat()
      const seconds = (performance.now() - began) / 1000
      timeline.add({ ...beat, seconds, bottleneck: bottleneck.name }, length)
    }
    this.#timer = setInterval(this.#beat, BEAT_MS)
    this.#timer.unref()
  }

  stepped = (step: string, record: Readonly<StepMetrics>, input: unknown): void => {
    if (this.#notes === undefined) return
    const { drops, detections, tracks, leakage } = this.#notes
    const frame = frameOf(input)
    drops.add(step, record, frame)
    if (step === 'track' && frame !== undefined) {
      detections.add(frame.ptsMs / 1000, record.itemsIn, record.itemsOut)
    }
    if (step === 'crop') this.#see(input as TrackedFrame) // which is what the crop operator takes
    if (isImageFile(input) && input.sample !== undefined) {
      leakage.add(input.sample)
      tracks.add({ ...input, sample: input.sample })
    }
  }

  /** Ends the notes; undefined when the graph never began. */
  finish(): Notes | undefined {
    clearInterval(this.#timer)
    this.#beat()
    return this.#notes
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}
