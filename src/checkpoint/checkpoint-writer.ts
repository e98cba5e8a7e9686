import { addCountOf, type StepCount, type StepMetrics } from '../runtime/step-metrics.js'
import { ClassCounts } from '../sinks/class-counts.js'
import type { StartedShard } from '../sinks/shards.js'
import type { MadeObject, Store } from '../storage/store.js'
import type { UploadWindow } from '../storage/upload-window.js'
import type { FrameOrigin, ImageFile, TrackCounts, TrackedFrame } from '../types.js'
import type { CheckpointSchedule } from './checkpoint-schedule.js'
import { type CheckpointSegment, packSegment, segmentPath } from './checkpoint-segment.js'
import type { ResumeState } from './resume-state.js'

/** The events of one frame that is in no segment yet. */
interface Entry {
  readonly index: number
  detections: TrackedFrame['detections']
  tracks: TrackCounts | undefined
  states: Record<string, unknown>
  readonly counts: Map<string, StepCount>
  readonly objects: MadeObject[]
  readonly shards: StartedShard[]
  samples: number
  readonly classes: ClassCounts
  readonly trackIds: Set<number>
  finished: boolean
}

/**
 * Writes checkpoints, so that another process can resume the run. Buffers events per frame; writes a segment once
 * enough consecutive frames are finished and their objects are durable. Ignores frames of earlier segments.
 */
export class CheckpointWriter {
  /** Frames in progress by index, in read order; a finished one stays until all before it are finished. */
  readonly #entries = new Map<number, Entry>()
  /** Finished frames of the next segment. */
  #finished: Entry[] = []
  /** Of steps with a memory, after the last of them. */
  readonly #states: Record<string, unknown> = {}
  #segments: number
  /** Segments that are not written yet. */
  #queued = 0
  /** Settles when the last segment is written; segments are written one after the other. */
  #writing: Promise<void> = Promise.resolve()

  constructor(
    readonly store: Store,
    readonly window: UploadWindow,
    readonly resume: ResumeState,
    readonly isDue: CheckpointSchedule,
  ) {
    this.#segments = resume.segments
  }

  /** Applies backpressure, so that segments do not pile up in front of a slow storage. */
  async frameTracked({ frame, detections, tracks }: TrackedFrame): Promise<void> {
    this.#change(frame.index, entry => {
      entry.detections = detections
      entry.tracks = tracks
    })
    if (this.#queued > 1) await this.#writing
  }

  stateChanged(step: string, state: unknown, { index }: FrameOrigin): void {
    this.#change(index, entry => {
      entry.states[step] = state
    })
  }

  stepRan(step: string, metrics: Readonly<StepMetrics>, { index }: FrameOrigin): void {
    this.#change(index, entry => addCountOf(entry.counts, step, metrics))
  }

  imageWritten({ frameIndex, sample }: ImageFile): void {
    if (sample === undefined) return
    this.#change(frameIndex, entry => {
      entry.samples++
      entry.classes.add(sample)
      entry.trackIds.add(sample.trackId)
    })
  }

  objectMade(object: MadeObject, index: number): void {
    this.#change(index, entry => entry.objects.push(object))
  }

  shardStarted(shard: StartedShard): void {
    this.#change(shard.frame, entry => entry.shards.push(shard))
  }

  /** The frame is finished, though some of its objects may not be durable yet. */
  frameFinished({ index }: FrameOrigin): void {
    this.#change(index, entry => {
      entry.finished = true
    })
    this.#collect()
    if (this.isDue(this.#finished.length)) this.#write()
  }

  /** Writes a segment of the finished frames. Rejects when it, or an earlier segment, could not be written. */
  async flush(): Promise<void> {
    if (this.#finished.length > 0) this.#write()
    await this.#writing
  }

  /** Waits for the segments being written. The remaining frames need no segment: the run is complete. */
  async end(): Promise<void> {
    await this.#writing
  }

  /** Paths of all segments that were written. */
  get paths(): string[] {
    return Array.from({ length: this.#segments }, (_, number) => segmentPath(number))
  }

  #change(index: number, change: (entry: Entry) => void): void {
    if (index < this.resume.next) return
    let entry = this.#entries.get(index)
    if (entry === undefined) {
      entry = {
        ...{ index, detections: [], tracks: undefined, states: {}, counts: new Map() },
        ...{ objects: [], shards: [], samples: 0, classes: new ClassCounts(), trackIds: new Set() },
        finished: false,
      }
      this.#entries.set(index, entry)
    }
    change(entry)
  }

  /** Collects the finished frames before the first unfinished one. */
  #collect(): void {
    for (const [index, entry] of this.#entries) {
      if (!entry.finished) break
      this.#entries.delete(index)
      this.#finished.push(entry)
      // Those of earlier frames are not needed, and are most of an entry.
      Object.assign(this.#states, entry.states)
      entry.states = {}
    }
  }

  #write(): void {
    const [entries, states] = [this.#finished, { ...this.#states }]
    this.#finished = []
    const path = segmentPath(this.#segments++)
    const durable = this.window.settled()
    this.#queued++
    this.#writing = this.#writing.then(async () => {
      await durable
      await this.store.write(path, await packSegment(segmentOf(entries, states)))
      this.#queued--
    })
    // The next call that awaits `#writing` throws a failure.
    this.#writing.catch(() => {})
    durable.catch(() => {})
  }
}

function segmentOf(entries: readonly Entry[], states: CheckpointSegment['states']): CheckpointSegment {
  const counts = new Map<string, StepCount>()
  for (const entry of entries) {
    for (const [step, count] of entry.counts) addCountOf(counts, step, count)
  }
  const tracks = entries.at(-1)?.tracks
  return {
    frames: entries.map(({ index, detections }) => ({ index, detections })),
    states,
    ...(tracks !== undefined && { tracks }),
    counts: Object.fromEntries(
      [...counts].map(([step, { itemsIn, itemsOut, dropped, flagged }]) => [
        step,
        { itemsIn, itemsOut, dropped, flagged },
      ]),
    ),
    objects: entries.flatMap(({ objects }) => objects),
    shards: entries.flatMap(({ shards }) => shards),
    samples: entries.reduce((sum, { samples }) => sum + samples, 0),
    classes: new ClassCounts(entries.flatMap(({ classes }) => classes.all)).all,
    trackIds: [...new Set(entries.flatMap(({ trackIds }) => [...trackIds]))],
  }
}
