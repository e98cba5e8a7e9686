import type { GcsPlace } from './gcs.js'

/** What stands at a path, as the manifest lists it. */
export interface StoredObject {
  /** Below the root, with forward slashes. */
  readonly path: string
  readonly bytes: number
  /** Lower-case hexadecimal. */
  readonly sha256: string
}

/** As the manifest lists it: of a shard, with the number of its samples. */
export type MadeObject = StoredObject & { readonly samples?: number }

/** An object as a listing shows it. */
export interface ListedObject {
  readonly path: string
  readonly bytes: number
  /** When it was last written or touched, milliseconds since 1970. */
  readonly changedMs: number
}

/**
 * The place for one run's objects, a folder or a prefix of a bucket. An object appears whole or not at
 * all, and is never written twice. What goes wrong is an OutputError that names the object.
 */
export interface Store {
  /** As a person names it: a path, or `gs://bucket/prefix`. */
  readonly root: string
  /** Of a prefix of a bucket. */
  readonly place?: GcsPlace
  /** Resolves when the object is durable; an adopted one that is equal is left as it is. */
  write(path: string, bytes: Uint8Array): Promise<void>
  /** Starts an object that grows, and that appears under its name when it is published. */
  createStream(path: string): Promise<ObjectStream>
  /** Removes what is temporary and folders left empty; finished objects stay. */
  close(): Promise<void>
}

/** A store that several processes may look at, one after the other or at once. */
export interface SharedStore extends Store {
  /**
   * Learns what an earlier process wrote, so that none of it is written again, and removes what it left
   * half done. Only who has the run to itself may do this. Resolves to all that is whole.
   */
  indexExisting(): Promise<ListedObject[]>
  /** Writes a small object where there is none; false when there is one. Of several that try, one succeeds. */
  create(path: string, bytes: Uint8Array): Promise<boolean>
  /** Undefined when there is no such object. */
  read(path: string): Promise<Buffer | undefined>
  /** All objects whose path begins so. */
  list(prefix: string): Promise<ListedObject[]>
  /** Tells others that this object's writer is still there. */
  touch(path: string): Promise<void>
  /** Does nothing when there is no such object. */
  remove(path: string): Promise<void>
}

/** An object that is written piece by piece, hashed on its way, and never held in memory. */
export interface ObjectStream {
  /** Bytes may be used again once it resolves. */
  append(piece: string | Uint8Array): Promise<void>
  publish(): Promise<StoredObject>
}
