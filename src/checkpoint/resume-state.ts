import type { TrackerState } from '../operators/track.js'
import { addCountOf, emptyCount, type StepCount } from '../runtime/step-metrics.js'
import type { ListedObject, SharedStore } from '../storage/store.js'
import type { Subset, TrackedDetection } from '../types.js'
import { type BegunShard, isPart, type Part, partPath, unpackPart } from './checkpoint-segment.js'

/** What earlier processes of a run got done. */
export interface ResumeState {
  /** Parts that tell of it. */
  readonly parts: number
  /** Frames that are done, though images of some may be wanting where a shard had not ended. */
  readonly frames: number
  /** Of the first frame about which nothing is known; 0 when nothing is known at all. */
  readonly next: number
  /** Of the first frame that must be read again, for the shards that had not ended; at most `next`. */
  readonly from: number
  readonly tracker: TrackerState | undefined
  readonly counts: ReadonlyMap<string, StepCount>
  /** The shard of each subset that had not ended. */
  readonly shards: ReadonlyMap<Subset, BegunShard>
  readonly samples: number
  /** What was found in the frames that must be read again. */
  readonly again: ReadonlyMap<number, readonly TrackedDetection[]>
}

/**
 * Adds up the parts that a run has kept, one at a time. One of which an object is gone or cut off counts for
 * nothing, and so do those behind a missing one.
 * @param listed what the store holds.
 * @param onPart is given each, in order.
 */
export async function readResumeState(
  store: SharedStore,
  listed: readonly ListedObject[],
  onPart: (part: Part) => Promise<void>,
): Promise<ResumeState> {
  const there = new Map(listed.map(({ path, bytes }) => [path, bytes]))
  const counts = new Map<string, StepCount>()
  const shards = new Map<Subset, BegunShard>()
  const again = new Map<number, readonly TrackedDetection[]>()
  let tracker: TrackerState | undefined
  let [parts, samples, frames, next, from] = [0, 0, 0, 0, 0]
  for (; there.has(partPath(parts)); parts++) {
    const path = partPath(parts)
    const bytes = await store.read(path)
    if (bytes === undefined) break
    const part = await unpackPart(bytes, `${store.root}/${path}`)
    // A power cut, or somebody's hand: from here on all is made again.
    if (part.objects.some(({ path, bytes }) => there.get(path) !== bytes)) break
    for (const shard of part.shards) shards.set(shard.subset, shard)
    for (const [step, { itemsIn, itemsOut, dropped }] of Object.entries(part.counts)) {
      addCountOf(counts, step, { ...emptyCount(), itemsIn, itemsOut, dropped })
    }
    tracker = part.tracker
    samples += part.samples
    frames += part.frames.length
    next = (part.frames.at(-1)?.index ?? next - 1) + 1
    from = Math.min(next, ...[...shards.values()].map(({ frame }) => frame))
    for (const { index, detections } of part.frames) again.set(index, detections)
    for (const index of again.keys()) if (index < from) again.delete(index)
    await onPart(part)
  }
  // Left behind a part that is missing: they would be taken for new ones one day.
  for (const path of there.keys()) {
    if (isPart(path) && path >= partPath(parts)) await store.remove(path)
  }
  return { parts, frames, next, from, tracker, counts, shards, samples, again }
}
