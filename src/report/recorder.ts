import type { LearnedSurface, RunObserver, RunView } from '../observe/run-observer.js'
import { RunSampler } from '../observe/run-sampler.js'
import { track } from '../operators/track.js'
import type { StepMetrics } from '../runtime/step-metrics.js'
import type { Start } from '../sources/input.js'
import type { FrameOrigin, ImageFile, StoredFrame, TrackedDetection, TrackedFrame } from '../types.js'
import { frameOf } from '../types.js'
import { lumaPlane } from '../vision/imaging/luma.js'
import { sharpnessOf } from '../vision/imaging/sharpness.js'
import { DropBook } from './drop-book.js'
import { Distribution } from './histogram.js'
import { LeakageAudit } from './leakage.js'
import { RunTimeline } from './run-timeline.js'
import { Stretches } from './stretches.js'
import { noteSurface, type SurfaceNotes } from './surface-report.js'
import { TrackBook } from './track-book.js'

/** Sampling interval of the run's throughput and memory. */
const SAMPLE_MS = 1000

/** The input of a report, collected during the run. The number of pictures, tracks and intervals is bounded. */
export interface Notes {
  readonly view: RunView
  readonly warnings: readonly string[]
  /** Sentences: what the report lacks, because of where the run started. */
  readonly omitted: readonly string[]
  readonly tracks: TrackBook
  readonly drops: DropBook
  readonly detections: Stretches
  readonly heights: Distribution
  readonly confidence: Distribution
  readonly sharpness: Distribution | undefined
  readonly leakage: LeakageAudit
  readonly surface: SurfaceNotes | undefined
  readonly timeline: RunTimeline
}

const omittedByResume =
  'This run was resumed: images by side, leakage checks, drops, charts and pictures are of the frames since then.'

const omittedFor: Readonly<Record<Start, readonly string[]>> = {
  video: [],
  detections: [
    'This run started from the detections of an earlier run: the report of that run has the detections per frame.',
  ],
  crops: [
    'This run started from the crops of an earlier run and read no frames: this report has no detections per frame, no sharpness, no pictures of dropped items and no tracks that may be one player.',
  ],
}

/** Collects the input of a report. */
export class Recorder implements RunObserver, Disposable {
  readonly #warnings: string[] = []
  #surface: SurfaceNotes | undefined
  #notes: Notes | undefined
  #timer: NodeJS.Timeout | undefined
  #sample = () => {}

  warned(message: string): void {
    this.#warnings.push(message)
  }

  surfaceLearned(learned: LearnedSurface): void {
    this.#surface = noteSurface(learned)
  }

  started(view: RunView): void {
    const { info, source, start, split, config } = view
    const heights = new Distribution('Height of players', 'pixels', 0, info.height)
    const sharpness = new Distribution('Sharpness', 'log₁₀ variance of the Laplacian', -1, 5)
    const confidence = new Distribution('Confidence', '', 0, 1)
    const timeline = new RunTimeline()
    this.#notes = {
      view,
      warnings: this.#warnings,
      omitted: [...omittedFor[start], ...(view.run.finished > 0 ? [omittedByResume] : [])],
      tracks: new TrackBook(split, source.intervalSeconds),
      drops: new DropBook(),
      detections: new Stretches(info.durationSeconds),
      ...{ heights, confidence, sharpness: start === 'crops' ? undefined : sharpness },
      leakage: new LeakageAudit(split, config, view.run.finished > 0),
      surface: this.#surface,
      timeline,
    }
    const sampler = new RunSampler(view)
    const began = performance.now()
    this.#sample = () => {
      const { seconds: length, bottleneck, ...sample } = sampler.sample()
      const seconds = (performance.now() - began) / 1000
      timeline.add({ ...sample, seconds, bottleneck: bottleneck.name }, length)
    }
    this.#timer = setInterval(this.#sample, SAMPLE_MS)
    this.#timer.unref()
  }

  frameTracked(tracked: TrackedFrame): void {
    if (this.#notes === undefined) return
    for (const detection of tracked.detections) {
      this.#addDetection(detection)
      // Older runs, from which this one may start, did not measure it.
      const { sharpness = sharpnessOf(lumaPlane(tracked.frame), detection.xyxy) } = detection
      this.#notes.sharpness?.add(Math.log10(Math.max(0.1, sharpness)))
    }
    this.#notes.tracks.addFrame(tracked)
  }

  cropsRead(stored: StoredFrame): void {
    for (const { detection } of stored.crops) this.#addDetection(detection)
    this.#notes?.tracks.addStoredFrame(stored)
  }

  stepRan(step: string, metrics: Readonly<StepMetrics>, origin: FrameOrigin): void {
    if (this.#notes === undefined) return
    this.#notes.drops.add(step, metrics, frameOf(origin))
    if (step === track.name) {
      this.#notes.detections.add(origin.ptsMs / 1000, metrics.itemsIn, metrics.itemsOut)
    }
  }

  imageWritten({ sample, bytes }: ImageFile): void {
    if (sample === undefined) return
    this.#notes?.leakage.add(sample)
    this.#notes?.tracks.addImage(sample, bytes)
  }

  /** Ends the recording. Undefined if the graph never started. */
  finish(): Notes | undefined {
    clearInterval(this.#timer)
    this.#sample()
    return this.#notes
  }

  #addDetection({ xyxy, confidence }: TrackedDetection): void {
    this.#notes?.heights.add(xyxy[3] - xyxy[1])
    this.#notes?.confidence.add(confidence)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}
