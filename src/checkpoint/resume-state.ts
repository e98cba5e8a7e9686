import { addCountOf, emptyCount, type StepCount } from '../runtime/step-metrics.js'
import type { StartedShard } from '../sinks/shards.js'
import type { ListedObject, SharedStore } from '../storage/store.js'
import type { Subset, TrackCounts, TrackedDetection } from '../types.js'
import { type CheckpointSegment, isSegment, segmentPath, unpackSegment } from './checkpoint-segment.js'

/** What earlier processes of a run got done. */
export interface ResumeState {
  readonly segments: number
  /** Frames that are done, though images of some may be missing where a shard was not finished. */
  readonly finished: number
  /** Of the first frame that no segment has; 0 without a segment. */
  readonly next: number
  /** Of the first frame that must be read again, for unfinished shards; at most `next`. */
  readonly from: number
  /** What steps with a memory remembered after the last frame below `next`. */
  readonly states: Readonly<Record<string, unknown>>
  /** The same after the last frame below `from`. */
  readonly replayStates: Readonly<Record<string, unknown>>
  readonly tracks: TrackCounts | undefined
  readonly counts: ReadonlyMap<string, StepCount>
  /** The unfinished shard of each subset. */
  readonly shards: ReadonlyMap<Subset, StartedShard>
  readonly samples: number
  /** What was found in the frames that must be read again. */
  readonly cached: ReadonlyMap<number, readonly TrackedDetection[]>
}

/** A segment of which frames may have to be read again. */
interface Replay {
  readonly frames: CheckpointSegment['frames']
  readonly statesBefore: ResumeState['states']
}

/**
 * Adds up the segments that a run has kept, one at a time. A segment that lists an object which is missing or cut
 * off does not count, and neither do those behind it.
 * @param listed what the store holds.
 * @param onSegment called with each, in order.
 */
export async function readResumeState(
  store: SharedStore,
  listed: readonly ListedObject[],
  onSegment: (segment: CheckpointSegment) => Promise<void>,
): Promise<ResumeState> {
  const sizes = new Map(listed.map(({ path, bytes }) => [path, bytes]))
  const counts = new Map<string, StepCount>()
  const shards = new Map<Subset, StartedShard>()
  let replays: Replay[] = []
  let states: ResumeState['states'] = {}
  let tracks: TrackCounts | undefined
  let [segments, samples, finished, next] = [0, 0, 0, 0]
  for (; sizes.has(segmentPath(segments)); segments++) {
    const path = segmentPath(segments)
    const bytes = await store.read(path)
    if (bytes === undefined) break
    const segment = await unpackSegment(bytes, `${store.root}/${path}`)
    // After a power cut, or when a person removed something: from here on all is made again.
    if (segment.objects.some(({ path, bytes }) => sizes.get(path) !== bytes)) break
    for (const shard of segment.shards) shards.set(shard.subset, shard)
    for (const [step, { itemsIn, itemsOut, dropped }] of Object.entries(segment.counts)) {
      addCountOf(counts, step, { ...emptyCount(), itemsIn, itemsOut, dropped })
    }
    replays.push({ frames: segment.frames, statesBefore: states })
    states = segment.states
    tracks = segment.tracks ?? tracks
    samples += segment.samples
    finished += segment.frames.length
    next = (segment.frames.at(-1)?.index ?? next - 1) + 1
    const firstShard = Math.min(next, ...[...shards.values()].map(({ frame }) => frame))
    replays = replays.filter(({ frames }) => (frames.at(-1)?.index ?? -1) >= firstShard)
    await onSegment(segment)
  }
  // Segments behind a missing one would be taken for new ones one day.
  for (const path of sizes.keys()) {
    if (isSegment(path) && path >= segmentPath(segments)) await store.remove(path)
  }
  // Whole segments are read again: only between them it is known what the steps remembered.
  const [first] = replays
  return {
    ...{ segments, finished, next, states, tracks, counts, shards, samples },
    from: first?.frames[0]?.index ?? next,
    replayStates: first?.statesBefore ?? states,
    cached: new Map(
      replays.flatMap(({ frames }) => frames.map(({ index, detections }) => [index, detections] as const)),
    ),
  }
}
