import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { OutputError } from '../common/errors.js'
import type { TrackerState } from '../operators/track.js'
import type { MadeObject } from '../storage/store.js'
import type { Subset, TrackedDetection } from '../types.js'

/** Where all that a run keeps for going on lies, until it is complete. */
export const checkpointFolder = '.checkpoint/'

/** Items of one step, as the manifest counts them. */
export interface PartCount {
  readonly itemsIn: number
  readonly itemsOut: number
  readonly dropped: Readonly<Record<string, number>>
}

export interface PartFrame {
  readonly index: number
  readonly detections: readonly TrackedDetection[]
}

/** A shard that was begun: its first image is that of `path`, made from frame `frame`. */
export interface BegunShard {
  readonly subset: Subset
  readonly number: number
  readonly path: string
  readonly frame: number
}

/**
 * What was found in some frames that follow each other, and what was made of them: with all parts before it,
 * enough to go on behind the last frame. What it lists is durable.
 */
export interface Part {
  readonly frames: readonly PartFrame[]
  /** Behind the last frame; none when nobody was followed. */
  readonly tracker?: TrackerState
  readonly counts: Readonly<Record<string, PartCount>>
  readonly objects: readonly MadeObject[]
  readonly shards: readonly BegunShard[]
  /** Images of the dataset, in shards that have not ended as well. */
  readonly samples: number
}

export const partPath = (number: number): string =>
  `${checkpointFolder}part-${String(number).padStart(6, '0')}.json.gz`

export const isPart = (path: string): boolean => path.startsWith(`${checkpointFolder}part-`)

export const packPart = (part: Part): Promise<Buffer> => promisify(gzip)(JSON.stringify(part))

/** @throws OutputError when it is not what `packPart` made. */
export async function unpackPart(bytes: Uint8Array, name: string): Promise<Part> {
  try {
    return JSON.parse((await promisify(gunzip)(bytes)).toString()) as Part
  } catch (cause) {
    throw damaged(name, cause)
  }
}

/** Of something that only we write. */
export const damaged = (name: string, cause: unknown): OutputError =>
  new OutputError(
    `Cannot read ${name}: it is damaged; remove the run's folder, or choose another --run-guid`,
    { cause },
  )
