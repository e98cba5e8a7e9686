import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { OutputError } from '../common/errors.js'
import type { ClassCount } from '../sinks/class-counts.js'
import type { StartedShard } from '../sinks/shards.js'
import type { MadeObject } from '../storage/store.js'
import type { TrackCounts, TrackedDetection } from '../types.js'

/** Folder with the checkpoint of a run, until it is complete. */
export const checkpointFolder = '.checkpoint/'

/** Item counts of one step, as in the manifest. */
export interface SegmentCount {
  readonly itemsIn: number
  readonly itemsOut: number
  readonly dropped: Readonly<Record<string, number>>
  readonly flagged?: Readonly<Record<string, number>>
}

export interface SegmentFrame {
  readonly index: number
  readonly detections: readonly TrackedDetection[]
}

/**
 * Detections and outputs of consecutive frames. With all segments before it, a run can resume after the last frame.
 * The listed objects are durable.
 */
export interface CheckpointSegment {
  readonly frames: readonly SegmentFrame[]
  /** States of the stateful steps after the last frame, by step. */
  readonly states: Readonly<Record<string, unknown>>
  /** As of the last frame; missing when nothing was tracked. */
  readonly tracks?: TrackCounts
  readonly counts: Readonly<Record<string, SegmentCount>>
  readonly objects: readonly MadeObject[]
  readonly shards: readonly StartedShard[]
  /** Images of the dataset, those in unfinished shards included. */
  readonly samples: number
  /** The same images by class. */
  readonly classes: readonly ClassCount[]
  /** Ids of the tracks that they show. */
  readonly trackIds: readonly number[]
}

export const segmentPath = (number: number): string =>
  `${checkpointFolder}segment-${String(number).padStart(6, '0')}.json.gz`

export const isSegment = (path: string): boolean => path.startsWith(`${checkpointFolder}segment-`)

export const packSegment = (segment: CheckpointSegment): Promise<Buffer> =>
  promisify(gzip)(JSON.stringify(segment))

/** @throws OutputError when it is not what `packSegment` made. */
export async function unpackSegment(bytes: Uint8Array, name: string): Promise<CheckpointSegment> {
  try {
    return JSON.parse((await promisify(gunzip)(bytes)).toString()) as CheckpointSegment
  } catch (cause) {
    throw damaged(name, cause)
  }
}

/** For an object that only cropstream writes. */
export const damaged = (name: string, cause: unknown): OutputError =>
  new OutputError(
    `Cannot read ${name}: it is damaged; remove the run's folder, or choose another --run-guid`,
    { cause },
  )
