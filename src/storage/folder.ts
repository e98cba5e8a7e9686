import { createHash } from 'node:crypto'
import { type FileHandle, mkdir, open, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { OutputError } from '../errors.js'
import { makeInside } from './inside.js'
import type { GrowingObject, Store, StoredObject } from './store.js'

/**
 * A new folder whose files appear whole or not at all: each is written to a temporary name beside its
 * own and renamed. What goes wrong is an OutputError that names the file and what to do.
 */
export class Folder implements Store {
  readonly #made = new Map<string, Promise<unknown>>()
  readonly #temporary = new Set<string>()
  readonly #growing = new Set<FileHandle>()

  private constructor(
    readonly root: string,
    /** The highest folder that did not exist before, so that a run without an image leaves nothing of its own. */
    readonly top: string,
  ) {}

  /**
   * @param within what is above `root` and may be a link out of here: the user's own choice.
   * @throws OutputError when it cannot be made, or is there already: two runs must not mix their files.
   */
  static async create(root: string, within = dirname(root)): Promise<Folder> {
    const parent = dirname(root)
    const top = await named(root, () => makeInside(within, parent))
    await mkdir(root).catch(error => {
      if (error.code !== 'EEXIST') return named(root, () => Promise.reject(error))
      throw new OutputError(
        `Cannot write ${root}: an earlier run is there; remove it or choose another --run-guid`,
      )
    })
    return new Folder(root, top ?? root)
  }

  /** Writes a whole file. */
  async write(path: string, bytes: Uint8Array): Promise<void> {
    const target = join(this.root, path)
    const temporary = await this.#temporaryFor(target)
    await named(target, async () => {
      await writeFile(temporary, bytes)
      await rename(temporary, target)
    })
    this.#temporary.delete(temporary)
  }

  /** Starts a file that grows, and that appears under its name when it is published. */
  async grow(path: string): Promise<GrowingObject> {
    const target = join(this.root, path)
    const temporary = await this.#temporaryFor(target)
    const handle = await named(target, () => open(temporary, 'wx'))
    this.#growing.add(handle)
    return new GrowingFile(path, target, handle, async () => {
      await handle.close()
      this.#growing.delete(handle)
      await named(target, () => rename(temporary, target))
      this.#temporary.delete(temporary)
    })
  }

  /** Removes what is temporary and folders left empty; finished files stay. */
  async close(): Promise<void> {
    // Whatever went wrong before is what a user should hear of, not that it cannot be tidied up.
    await Promise.allSettled([...this.#growing].map(handle => handle.close()))
    await Promise.allSettled([...this.#temporary].map(path => rm(path, { force: true })))
    const made = new Set([this.root])
    for (const folder of this.#made.keys()) {
      for (let up = folder; isInside(up, this.top); up = dirname(up)) made.add(up)
    }
    for (let up = this.root; isInside(up, this.top); up = dirname(up)) made.add(up)
    const deepestFirst = [...made].sort((a, b) => b.length - a.length)
    for (const folder of deepestFirst) await rmdir(folder).catch(() => {}) // not empty: it stays
  }

  async #temporaryFor(target: string): Promise<string> {
    const folder = dirname(target)
    let made = this.#made.get(folder)
    if (made === undefined) {
      made = named(folder, () => makeInside(this.root, folder))
      this.#made.set(folder, made)
    }
    await made
    const temporary = `${target}.tmp`
    this.#temporary.add(temporary)
    return temporary
  }
}

/** A file that is written piece by piece, hashed on its way, and never held in memory. */
class GrowingFile implements GrowingObject {
  readonly #hash = createHash('sha256')
  #bytes = 0
  /** Texts come a line at a time: worth a write together. */
  #text = ''

  constructor(
    readonly path: string,
    readonly target: string,
    readonly handle: FileHandle,
    readonly appear: () => Promise<void>,
  ) {}

  async append(piece: string | Uint8Array): Promise<void> {
    if (typeof piece === 'string') {
      this.#text += piece
      if (this.#text.length >= FLUSH_CHARACTERS) await this.#flush()
    } else {
      await this.#flush()
      await this.#write(piece)
    }
  }

  async publish(): Promise<StoredObject> {
    await this.#flush()
    await this.appear()
    return { path: this.path, bytes: this.#bytes, sha256: this.#hash.digest('hex') }
  }

  async #flush(): Promise<void> {
    if (this.#text === '') return
    const bytes = Buffer.from(this.#text)
    this.#text = ''
    await this.#write(bytes)
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes)
    this.#bytes += bytes.length
    await named(this.target, () => this.handle.appendFile(bytes))
  }
}

const FLUSH_CHARACTERS = 1 << 16

const isInside = (folder: string, top: string): boolean => relative(top, folder).split(sep)[0] !== '..'

const advice: Record<string, string> = {
  ENOSPC: 'the disk is full; free some space or choose another --out',
  EDQUOT: 'the disk quota is used up; free some space or choose another --out',
  EACCES: 'permission denied; choose another --out or change its permissions',
  EPERM: 'not permitted; choose another --out or change its permissions',
  EROFS: 'the file system is read-only; choose another --out',
  ENOTDIR: 'a part of the path is a file; choose another --out',
  EEXIST: 'a file stands where a folder must be; choose another --out',
  EMFILE: 'too many files are open; raise the limit (ulimit -n)',
  ENAMETOOLONG: 'the name is too long; choose a shorter --out, --tenant or --pipeline',
}

/** Says which file an error of the file system is about, and what to do. */
async function named<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const why = advice[code] ?? (error instanceof Error ? error.message : String(error))
    throw new OutputError(`Cannot write ${path}: ${why}`, { cause: error })
  }
}
