import { createHash } from 'node:crypto'
import {
  type FileHandle,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { OutputError } from '../errors.js'
import { makeInside } from './inside.js'
import type { GrowingObject, ListedObject, SharedStore, StoredObject } from './store.js'

/**
 * A folder whose files appear whole or not at all: each is written to a temporary name beside its own and
 * renamed. What goes wrong is an OutputError that names the file and what to do.
 */
export class Folder implements SharedStore {
  readonly #made = new Map<string, Promise<unknown>>()
  /** Files of an earlier process. */
  readonly #adopted = new Set<string>()
  readonly #temporary = new Set<string>()
  readonly #growing = new Set<FileHandle>()

  private constructor(
    readonly root: string,
    /** The highest folder that did not exist before, so that a run without an image leaves nothing of its own. */
    readonly top: string,
  ) {}

  /**
   * @param within what is above `root` and may be a link out of here: the user's own choice.
   * @throws OutputError when it cannot be made.
   */
  static async open(root: string, within = dirname(root)): Promise<Folder> {
    const top = await named(root, () => makeInside(within, root))
    return new Folder(root, top ?? root)
  }

  /** One that is there, to read from. */
  static at(root: string): Folder {
    return new Folder(root, root)
  }

  async adopt(): Promise<ListedObject[]> {
    const whole: ListedObject[] = []
    for (const object of await this.list('')) {
      if (object.path.endsWith(temporarySuffix)) await this.remove(object.path)
      else whole.push(object)
    }
    for (const { path } of whole) this.#adopted.add(path)
    return whole
  }

  /** Writes a whole file. */
  async write(path: string, bytes: Uint8Array): Promise<void> {
    const target = join(this.root, path)
    // After a crash of the machine a file may have its name and not all of its bytes.
    if (this.#adopted.has(path) && (await this.read(path))?.equals(bytes)) return
    const temporary = await this.#temporaryFor(target)
    await named(target, async () => {
      await writeFile(temporary, bytes, { flag: 'wx' })
      await rename(temporary, target)
    })
    this.#temporary.delete(temporary)
  }

  async create(path: string, bytes: Uint8Array): Promise<boolean> {
    const target = join(this.root, path)
    await this.#makeFolderOf(target)
    return named(target, () =>
      writeFile(target, bytes, { flag: 'wx' }).then(
        () => true,
        error => (error.code === 'EEXIST' ? false : Promise.reject(error)),
      ),
    )
  }

  async read(path: string): Promise<Buffer | undefined> {
    const target = join(this.root, path)
    return readFile(target).catch(error => {
      if (error.code === 'ENOENT') return undefined
      throw new OutputError(`Cannot read ${target}: ${reasonOf(error)}`, { cause: error })
    })
  }

  async list(prefix: string): Promise<ListedObject[]> {
    const within = join(this.root, prefix.slice(0, prefix.lastIndexOf('/') + 1))
    const found = await readdir(within, { recursive: true, withFileTypes: true }).catch(error => {
      if (error.code === 'ENOENT') return []
      throw new OutputError(`Cannot read ${this.root}: ${reasonOf(error)}`, { cause: error })
    })
    const listed: ListedObject[] = []
    for (const entry of found) {
      const file = join(entry.parentPath, entry.name)
      const path = relative(this.root, file).replaceAll(sep, '/')
      // Empty when all in it is removed, and then it goes as well.
      if (entry.isDirectory()) this.#made.set(file, Promise.resolve())
      if (!entry.isFile() || !path.startsWith(prefix)) continue
      // Another process may remove it at this moment.
      const stats = await stat(file).catch(() => undefined)
      if (stats !== undefined) listed.push({ path, bytes: stats.size, changedMs: stats.mtimeMs })
    }
    return listed
  }

  async touch(path: string): Promise<void> {
    const now = new Date()
    await named(join(this.root, path), () => utimes(join(this.root, path), now, now))
  }

  async remove(path: string): Promise<void> {
    await named(join(this.root, path), () => rm(join(this.root, path), { force: true }))
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
    await this.#makeFolderOf(target)
    const temporary = `${target}${temporarySuffix}`
    this.#temporary.add(temporary)
    return temporary
  }

  /** Each folder is made once, however many files go into it. */
  async #makeFolderOf(target: string): Promise<void> {
    const folder = dirname(target)
    let made = this.#made.get(folder)
    if (made === undefined) {
      made = named(folder, () => makeInside(this.root, folder))
      this.#made.set(folder, made)
    }
    await made
  }
}

const temporarySuffix = '.tmp'

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
    throw new OutputError(`Cannot write ${path}: ${reasonOf(error)}`, { cause: error })
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return advice[code] ?? (error instanceof Error ? error.message : String(error))
}
