import { addCountOf, type StepCount, type StepMetrics } from '../runtime/step-metrics.js'
import type { StartedShard } from '../sinks/shards.js'
import type { MadeObject, Store } from '../storage/store.js'
import type { UploadWindow } from '../storage/upload-window.js'
import type { FrameOrigin, ImageFile, TrackCounts, TrackedFrame } from '../types.js'
import { type CheckpointSegment, packSegment, segmentPath } from './checkpoint-segment.js'
import type { ResumeState } from './resume-state.js'

/** What is known of one frame that is under way or done, and in no segment yet. */
interface Entry {
  readonly index: number
  detections: TrackedFrame['detections']
  tracks: TrackCounts | undefined
  readonly states: Record<string, unknown>
  readonly counts: Map<string, StepCount>
  readonly objects: MadeObject[]
  readonly shards: StartedShard[]
  samples: number
  finished: boolean
}

/**
 * Writes checkpoints, so that another process can resume the run. Events are buffered under their frame; when
 * enough consecutive frames are finished, and what was made of them is durable, they become a segment. Frames of
 * earlier segments are ignored.
 */
export class CheckpointWriter {
  /** In the order in which they are read. */
  readonly #entries = new Map<number, Entry>()
  #segments: number
  /** Of the segments that are being written, one after the other. */
  #writing: Promise<void> = Promise.resolve()

  /** @param every frames in a segment. */
  constructor(
    readonly store: Store,
    readonly window: UploadWindow,
    readonly resume: ResumeState,
    readonly every: number,
  ) {
    this.#segments = resume.segments
  }

  /** Resolves when there is room for more: segments must not pile up before a slow storage. */
  async frameTracked({ frame, detections, tracks }: TrackedFrame): Promise<void> {
    this.#change(frame.index, entry => {
      entry.detections = detections
      entry.tracks = tracks
    })
    if (this.#entries.size > 2 * this.every) await this.#writing
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
    })
  }

  objectMade(object: MadeObject, index: number): void {
    this.#change(index, entry => entry.objects.push(object))
  }

  shardStarted(shard: StartedShard): void {
    this.#change(shard.frame, entry => entry.shards.push(shard))
  }

  /** Nothing of this frame is under way any more, though some of it may not be durable yet. */
  frameFinished({ index }: FrameOrigin): void {
    this.#change(index, entry => {
      entry.finished = true
    })
    const ready = this.#ready()
    if (ready.length >= this.every) this.#write(ready)
  }

  /** Keeps all that is done. Rejects when that, or an earlier segment, could not be written. */
  async flush(): Promise<void> {
    const ready = this.#ready()
    if (ready.length > 0) this.#write(ready)
    await this.#writing
  }

  /** Resolves when no segment is being written any more. The rest needs none: all is durable. */
  async end(): Promise<void> {
    await this.#writing
  }

  /** Of all segments that were written. */
  get paths(): string[] {
    return Array.from({ length: this.#segments }, (_, number) => segmentPath(number))
  }

  #change(index: number, change: (entry: Entry) => void): void {
    if (index < this.resume.next) return
    let entry = this.#entries.get(index)
    if (entry === undefined) {
      entry = {
        ...{ index, detections: [], tracks: undefined, states: {}, counts: new Map() },
        ...{ objects: [], shards: [], samples: 0, finished: false },
      }
      this.#entries.set(index, entry)
    }
    change(entry)
  }

  /** Finished frames before which all are finished. */
  #ready(): Entry[] {
    const ready: Entry[] = []
    for (const entry of this.#entries.values()) {
      if (!entry.finished) break
      ready.push(entry)
    }
    return ready
  }

  #write(entries: readonly Entry[]): void {
    for (const { index } of entries) this.#entries.delete(index)
    const path = segmentPath(this.#segments++)
    const durable = this.window.settled()
    this.#writing = this.#writing.then(async () => {
      await durable
      await this.store.write(path, await packSegment(segmentOf(entries)))
    })
    // A failure is thrown by the next call that waits.
    this.#writing.catch(() => {})
    durable.catch(() => {})
  }
}

function segmentOf(entries: readonly Entry[]): CheckpointSegment {
  const counts = new Map<string, StepCount>()
  for (const entry of entries) {
    for (const [step, count] of entry.counts) addCountOf(counts, step, count)
  }
  const tracks = entries.at(-1)?.tracks
  return {
    frames: entries.map(({ index, detections }) => ({ index, detections })),
    states: Object.assign({}, ...entries.map(({ states }) => states)),
    ...(tracks !== undefined && { tracks }),
    counts: Object.fromEntries(
      [...counts].map(([step, { itemsIn, itemsOut, dropped }]) => [step, { itemsIn, itemsOut, dropped }]),
    ),
    objects: entries.flatMap(({ objects }) => objects),
    shards: entries.flatMap(({ shards }) => shards),
    samples: entries.reduce((sum, { samples }) => sum + samples, 0),
  }
}
