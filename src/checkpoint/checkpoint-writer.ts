import type { Tracker, TrackerState } from '../operators/track.js'
import type { Step } from '../runtime/operator.js'
import { addCountOf, type StepCount, type StepMetrics } from '../runtime/step-metrics.js'
import type { MadeObject, Store } from '../storage/store.js'
import type { UploadWindow } from '../storage/upload-window.js'
import { type DetectedFrame, frameIndexOf, isImageFile, type TrackedFrame } from '../types.js'
import { type BegunShard, type Part, packPart, partPath } from './checkpoint-segment.js'
import type { ResumeState } from './resume-state.js'

/** What is known of one frame that is under way or done, and in no part yet. */
interface Entry {
  readonly index: number
  found?: TrackedFrame['detections']
  tracker?: TrackerState
  readonly counts: Map<string, StepCount>
  readonly objects: MadeObject[]
  readonly shards: BegunShard[]
  samples: number
  done: boolean
}

/**
 * Keeps what a run has got done, so that another process can go on from there. All that is heard is put down
 * under its frame; when enough frames are done, in order, and what was made of them is durable, they become a
 * part. Frames that the past knows are of no interest.
 */
export class CheckpointWriter {
  /** In the order in which they are read. */
  readonly #entries = new Map<number, Entry>()
  #parts: number
  /** Of the parts that are being written, one after the other. */
  #writing: Promise<void> = Promise.resolve()

  /** @param every how many frames make a part. */
  constructor(
    readonly store: Store,
    readonly window: UploadWindow,
    readonly past: ResumeState,
    readonly every: number,
  ) {
    this.#parts = past.parts
  }

  /** The tracker's step, of which the state behind each frame is kept. */
  following(tracker: Tracker): Step<DetectedFrame, TrackedFrame> {
    return (input, tally) => {
      const outputs = tracker.step(input, tally)
      this.#at(input.frame.index, entry => {
        entry.tracker = tracker.state
      })
      return outputs
    }
  }

  /** Resolves when there is room for more: parts are not to pile up before a slow storage. */
  async found({ frame, detections }: TrackedFrame): Promise<void> {
    this.#at(frame.index, entry => {
      entry.found = detections
    })
    if (this.#entries.size > 2 * this.every) await this.#writing
  }

  /** As the run tells it, in order. */
  stepped(step: string, record: Readonly<StepMetrics>, input: unknown): void {
    const index = frameIndexOf(input)
    if (index === undefined) return
    this.#at(index, entry => {
      addCountOf(entry.counts, step, record)
      if (isImageFile(input) && input.sample !== undefined) entry.samples++
    })
  }

  made(object: MadeObject, index: number): void {
    this.#at(index, entry => entry.objects.push(object))
  }

  begun(shard: BegunShard): void {
    this.#at(shard.frame, entry => entry.shards.push(shard))
  }

  /** Nothing of this frame is under way any more, though some of it may not be durable yet. */
  done(index: number): void {
    this.#at(index, entry => {
      entry.done = true
    })
    const ready = this.#ready()
    if (ready.length >= this.every) this.#cut(ready)
  }

  /** Keeps all that is done. Rejects when that, or an earlier part, could not be written. */
  async flush(): Promise<void> {
    const ready = this.#ready()
    if (ready.length > 0) this.#cut(ready)
    await this.#writing
  }

  /** Resolves when no part is being written any more. The rest needs none: all is durable. */
  async end(): Promise<void> {
    await this.#writing
  }

  /** Of all parts that were written. */
  get paths(): string[] {
    return Array.from({ length: this.#parts }, (_, number) => partPath(number))
  }

  #at(index: number, change: (entry: Entry) => void): void {
    if (index < this.past.next) return
    let entry = this.#entries.get(index)
    if (entry === undefined) {
      entry = { index, counts: new Map(), objects: [], shards: [], samples: 0, done: false }
      this.#entries.set(index, entry)
    }
    change(entry)
  }

  /** Frames that are done and before which all are. */
  #ready(): Entry[] {
    const ready: Entry[] = []
    for (const entry of this.#entries.values()) {
      if (!entry.done) break
      ready.push(entry)
    }
    return ready
  }

  #cut(entries: readonly Entry[]): void {
    for (const { index } of entries) this.#entries.delete(index)
    const number = this.#parts++
    const durable = this.window.settled()
    this.#writing = this.#writing.then(async () => {
      await durable
      await this.store.write(partPath(number), await packPart(partOf(entries)))
    })
    // Told to whoever waits for it next.
    this.#writing.catch(() => {})
    durable.catch(() => {})
  }
}

function partOf(entries: readonly Entry[]): Part {
  const counts = new Map<string, StepCount>()
  for (const entry of entries) {
    for (const [step, count] of entry.counts) addCountOf(counts, step, count)
  }
  const tracker = entries.at(-1)?.tracker
  return {
    frames: entries.map(({ index, found = [] }) => ({ index, detections: found })),
    ...(tracker !== undefined && { tracker }),
    counts: Object.fromEntries(
      [...counts].map(([step, { itemsIn, itemsOut, dropped }]) => [step, { itemsIn, itemsOut, dropped }]),
    ),
    objects: entries.flatMap(({ objects }) => objects),
    shards: entries.flatMap(({ shards }) => shards),
    samples: entries.reduce((sum, { samples }) => sum + samples, 0),
  }
}
