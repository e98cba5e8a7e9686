import { addCountOf, emptyCount, type StepCount } from '../runtime/step-metrics.js'
import { type ClassCount, ClassCounts } from '../sinks/class-counts.js'
import type { StartedShard } from '../sinks/shards.js'
import type { ListedObject, SharedStore } from '../storage/store.js'
import type { Subset, TrackCounts, TrackedDetection } from '../types.js'
import { type CheckpointSegment, isSegment, segmentPath, unpackSegment } from './checkpoint-segment.js'

/** The progress of earlier processes of a run. */
export interface ResumeState {
  readonly segments: number
  /** Finished frames; their images in unfinished shards may be missing. */
  readonly finished: number
  /** Index of the first frame that is in no segment; 0 without a segment. */
  readonly next: number
  /** Index of the first frame to read again, for unfinished shards; at most `next`. */
  readonly from: number
  /** States of the stateful steps after the last frame below `next`. */
  readonly states: Readonly<Record<string, unknown>>
  /** The same after the last frame below `from`. */
  readonly replayStates: Readonly<Record<string, unknown>>
  readonly tracks: TrackCounts | undefined
  readonly counts: ReadonlyMap<string, StepCount>
  /** The unfinished shard of each subset. */
  readonly shards: ReadonlyMap<Subset, StartedShard>
  readonly samples: number
  /** The same images by class. */
  readonly classes: readonly ClassCount[]
  /** Ids of the tracks that they show. */
  readonly trackIds: ReadonlySet<number>
  /** Detections of the frames that must be read again. */
  readonly cached: ReadonlyMap<number, readonly TrackedDetection[]>
}

/** A segment whose frames may have to be read again. */
interface Replay {
  readonly frames: CheckpointSegment['frames']
  readonly statesBefore: ResumeState['states']
}

/**
 * Reads the segments of a run, one at a time. A segment with a missing or truncated object is ignored, and so are
 * those after it.
 * @param listed objects in the store.
 * @param onSegment called with each segment, in order.
 */
export async function readResumeState(
  store: SharedStore,
  listed: readonly ListedObject[],
  onSegment: (segment: CheckpointSegment) => Promise<void>,
): Promise<ResumeState> {
  const sizes = new Map(listed.map(({ path, bytes }) => [path, bytes]))
  const counts = new Map<string, StepCount>()
  const shards = new Map<Subset, StartedShard>()
  const classes = new ClassCounts()
  const trackIds = new Set<number>()
  let replays: Replay[] = []
  let states: ResumeState['states'] = {}
  let tracks: TrackCounts | undefined
  let [segments, samples, finished, next] = [0, 0, 0, 0]
  for (; sizes.has(segmentPath(segments)); segments++) {
    const path = segmentPath(segments)
    const bytes = await store.read(path)
    if (bytes === undefined) break
    const segment = await unpackSegment(bytes, `${store.root}/${path}`)
    // After a power failure, or when objects were removed: frames from here on are processed again.
    if (segment.objects.some(({ path, bytes }) => sizes.get(path) !== bytes)) break
    for (const shard of segment.shards) shards.set(shard.subset, shard)
    for (const [step, { itemsIn, itemsOut, dropped, flagged = {} }] of Object.entries(segment.counts)) {
      addCountOf(counts, step, { ...emptyCount(), itemsIn, itemsOut, dropped, flagged })
    }
    replays.push({ frames: segment.frames, statesBefore: states })
    states = segment.states
    tracks = segment.tracks ?? tracks
    samples += segment.samples
    for (const count of segment.classes) classes.add(count, count.images)
    for (const id of segment.trackIds) trackIds.add(id)
    finished += segment.frames.length
    next = (segment.frames.at(-1)?.index ?? next - 1) + 1
    const firstShard = Math.min(next, ...[...shards.values()].map(({ frame }) => frame))
    replays = replays.filter(({ frames }) => (frames.at(-1)?.index ?? -1) >= firstShard)
    await onSegment(segment)
  }
  // Stale segments after a missing one would later be read as new ones.
  for (const path of sizes.keys()) {
    if (isSegment(path) && path >= segmentPath(segments)) await store.remove(path)
  }
  // Whole segments are replayed: states are known only between segments.
  const [first] = replays
  return {
    ...{ segments, finished, next, states, tracks, counts, shards, samples, classes: classes.all, trackIds },
    from: first?.frames[0]?.index ?? next,
    replayStates: first?.statesBefore ?? states,
    cached: new Map(
      replays.flatMap(({ frames }) => frames.map(({ index, detections }) => [index, detections] as const)),
    ),
  }
}
