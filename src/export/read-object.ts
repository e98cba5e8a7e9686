import { InputError } from '../common/errors.js'
import type { SharedStore } from '../storage/store.js'

/** Reads an object that must be there. @throws InputError */
export async function readObject(store: SharedStore, path: string): Promise<Buffer> {
  const bytes = await store.read(path)
  if (bytes === undefined) throw missing(store, path)
  return bytes
}

/** The same piece by piece. */
export async function* readPieces(store: SharedStore, path: string): AsyncGenerator<Buffer> {
  let isThere = false
  for await (const piece of store.pieces(path)) {
    isThere = true
    yield piece
  }
  // An empty one has no pieces either.
  if (!isThere && (await store.read(path)) === undefined) throw missing(store, path)
}

const missing = ({ root }: SharedStore, path: string): InputError =>
  new InputError(`Cannot read ${root}/${path}: there is no such object`)

/** An object is not what the manifest says. */
export const changed = ({ root }: SharedStore, path: string): InputError =>
  new InputError(
    `Cannot export ${root}/${path}: it has changed since the run (its SHA-256 is not that of the manifest)`,
  )
