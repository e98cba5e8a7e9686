import type { TrackerState } from '../operators/track.js'
import { addCount, emptyCount, type StepCount } from '../runtime/tally.js'
import type { ListedObject, SharedStore } from '../storage/store.js'
import type { Subset, TrackedDetection } from '../types.js'
import { type BegunShard, isPart, type MadeObject, type PartFrame, partPath, unpackPart } from './part.js'

/** What earlier processes of a run got done. */
export interface Past {
  /** Parts that tell of it. */
  readonly parts: number
  /** Frames that are done, in order: what is in their images may be wanting where a shard had not ended. */
  readonly frames: readonly PartFrame[]
  /** Of the first frame about which nothing is known; 0 when nothing is known at all. */
  readonly next: number
  /** Of the first frame that must be read again, for the shards that had not ended; at most `next`. */
  readonly from: number
  readonly tracker: TrackerState | undefined
  readonly counts: ReadonlyMap<string, StepCount>
  /** What was made, in order. */
  readonly objects: readonly MadeObject[]
  /** The shard of each subset that had not ended. */
  readonly shards: ReadonlyMap<Subset, BegunShard>
  readonly samples: number
  /** Whether an earlier process wrote such an object. */
  has(path: string): boolean
  /** What was found in a frame; undefined for one that has not been looked at. */
  found(index: number): readonly TrackedDetection[] | undefined
}

/**
 * Adds up the parts that a run has kept. Those behind a missing one count for nothing.
 * @param listed what the store holds.
 */
export async function readPast(store: SharedStore, listed: readonly ListedObject[]): Promise<Past> {
  const there = new Set(listed.map(({ path }) => path))
  const frames: PartFrame[] = []
  const objects: MadeObject[] = []
  const counts = new Map<string, StepCount>()
  const shards = new Map<Subset, BegunShard>()
  let tracker: TrackerState | undefined
  let [parts, samples] = [0, 0]
  for (; there.has(partPath(parts)); parts++) {
    const path = partPath(parts)
    const bytes = await store.read(path)
    if (bytes === undefined) break
    const part = await unpackPart(bytes, `${store.root}/${path}`)
    frames.push(...part.frames)
    objects.push(...part.objects)
    for (const shard of part.shards) shards.set(shard.subset, shard)
    for (const [step, { itemsIn, itemsOut, dropped }] of Object.entries(part.counts)) {
      const total = counts.get(step) ?? emptyCount()
      addCount(total, { ...emptyCount(), itemsIn, itemsOut, dropped })
      counts.set(step, total)
    }
    tracker = part.tracker
    samples += part.samples
  }
  // Left behind a part that is missing: they would be taken for new ones one day.
  for (const path of there) {
    if (isPart(path) && path >= partPath(parts)) await store.remove(path)
  }
  const next = (frames.at(-1)?.index ?? -1) + 1
  const found = new Map(frames.map(({ index, detections }) => [index, detections]))
  return {
    ...{ parts, frames, next, tracker, counts, objects, shards, samples },
    from: Math.min(next, ...[...shards.values()].map(({ frame }) => frame)),
    has: path => there.has(path),
    found: index => found.get(index),
  }
}
