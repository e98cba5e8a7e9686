import type { GcsPlace } from './gcs.js'

/** A written object, as the manifest lists it. */
export interface StoredObject {
  /** Relative to the store's root, with forward slashes. */
  readonly path: string
  readonly bytes: number
  /** Lower-case hexadecimal. */
  readonly sha256: string
}

/** A written object; for a shard, with its number of samples. */
export type MadeObject = StoredObject & { readonly samples?: number }

/** An entry of a listing. */
export interface ListedObject {
  readonly path: string
  readonly bytes: number
  /** Time of the last write or `touch`, milliseconds since 1970. */
  readonly changedMs: number
}

/**
 * Stores the objects of one run in a folder or below a prefix of a bucket. An object appears whole or not at
 * all and is written once. Every failure is an OutputError that names the object.
 */
export interface Store {
  /** For messages: a path, or `gs://bucket/prefix`. */
  readonly root: string
  /** Set when the store is a prefix of a bucket. */
  readonly place?: GcsPlace
  /** Resolves when the object is durable. Skips an object that `indexExisting` found with the same content. */
  write(path: string, bytes: Uint8Array): Promise<void>
  /** Starts an object that is written piece by piece and appears under its name when it is published. */
  createStream(path: string): Promise<ObjectStream>
  /** Removes temporary files and empty folders; complete objects stay. */
  close(): Promise<void>
}

/** A store that several processes may use, one after the other or at once. */
export interface SharedStore extends Store {
  /**
   * Lists what an earlier process wrote, so that equal objects are not written again, and removes its
   * partial files. Requires the lease on the run. Resolves to all complete objects.
   */
  indexExisting(): Promise<ListedObject[]>
  /** Creates a small object if it is absent; resolves to false if it exists. Of concurrent calls, one wins. */
  create(path: string, bytes: Uint8Array): Promise<boolean>
  /**
   * Writes a small object in the place of the present one, if that is as it was seen. Resolves to false if another
   * process has changed it: of concurrent calls, one wins.
   * @param wasSeen gets the present content, undefined when there is no such object.
   */
  replace(path: string, bytes: Uint8Array, wasSeen: (now: Buffer | undefined) => boolean): Promise<boolean>
  /** Undefined when there is no such object. */
  read(path: string): Promise<Buffer | undefined>
  /** The same piece by piece; none when there is no such object. */
  pieces(path: string): AsyncIterable<Buffer>
  /** All objects whose path begins with `prefix`. */
  list(prefix: string): Promise<ListedObject[]>
  /** Paths of all objects of some names. Below a folder that has one of the first name there is no other. */
  find(name: string, ...others: readonly string[]): Promise<string[]>
  /** Updates `changedMs`, as a heartbeat of the object's writer. */
  touch(path: string): Promise<void>
  /** Does nothing when there is no such object. */
  remove(path: string): Promise<void>
}

/** An object that is hashed and written piece by piece, without being held in memory. */
export interface ObjectStream {
  /** The caller may reuse the bytes once it resolves. */
  append(piece: string | Uint8Array): Promise<void>
  /** Makes the object appear under its name. */
  publish(): Promise<StoredObject>
}
