import type { GcsPlace } from './gcs.js'

/** What stands at a path, as the manifest lists it. */
export interface StoredObject {
  /** Below the root, with forward slashes. */
  readonly path: string
  readonly bytes: number
  /** Lower-case hexadecimal. */
  readonly sha256: string
}

/**
 * A new place for one run's objects, a folder or a prefix of a bucket. An object appears whole or not at
 * all, and is never written twice. What goes wrong is an OutputError that names the object.
 */
export interface Store {
  /** As a person names it: a path, or `gs://bucket/prefix`. */
  readonly root: string
  /** Of a prefix of a bucket. */
  readonly place?: GcsPlace
  /** Resolves when the object is durable. */
  write(path: string, bytes: Uint8Array): Promise<void>
  /** Starts an object that grows, and that appears under its name when it is published. */
  grow(path: string): Promise<GrowingObject>
  /** Removes what is temporary and folders left empty; finished objects stay. */
  close(): Promise<void>
}

/** An object that is written piece by piece, hashed on its way, and never held in memory. */
export interface GrowingObject {
  /** Bytes may be used again once it resolves. */
  append(piece: string | Uint8Array): Promise<void>
  publish(): Promise<StoredObject>
}
