import { randomUUID } from 'node:crypto'
import {
  type FileHandle,
  link,
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
import { OutputError } from '../common/errors.js'
import { type Disk, named, reasonOf } from './disk-errors.js'
import { GrowingFile } from './object-stream.js'
import { makeInside } from './safe-mkdir.js'
import type { ListedObject, ObjectStream, SharedStore } from './store.js'

/**
 * A folder whose files appear whole or not at all: each is written to a temporary name beside its own and
 * renamed. What goes wrong is an OutputError that names the file and what to do.
 */
export class Folder implements SharedStore {
  readonly #made = new Map<string, Promise<unknown>>()
  /** Folders that may have been left empty by what was removed. */
  readonly #thinned = new Set<string>()
  /** Files of an earlier process. */
  readonly #adopted = new Set<string>()
  readonly #temporary = new Set<string>()
  readonly #growing = new Set<FileHandle>()

  private constructor(
    readonly root: string,
    /** The highest folder that did not exist before, so that a run without an image leaves nothing of its own. */
    readonly top: string,
    readonly disk: Disk,
  ) {}

  /**
   * @param within what is above `root` and may be a link out of here: the user's own choice.
   * @throws OutputError when it cannot be made.
   */
  static async open(root: string, within = dirname(root), disk: Disk = '--out'): Promise<Folder> {
    const top = await named(root, disk, () => makeInside(within, root))
    return new Folder(root, top ?? root, disk)
  }

  /** One that is there, to read from. */
  static at(root: string): Folder {
    return new Folder(root, root, '--out')
  }

  async indexExisting(): Promise<ListedObject[]> {
    const whole: ListedObject[] = []
    for (const object of await this.list('')) {
      if (object.path.endsWith(temporarySuffix)) await this.remove(object.path)
      else {
        whole.push(object)
        this.#adopted.add(object.path)
      }
    }
    return whole
  }

  /** Writes a whole file. */
  async write(path: string, bytes: Uint8Array): Promise<void> {
    const target = join(this.root, path)
    // After a crash of the machine a file may have its name and not all of its bytes.
    if (this.#adopted.has(path) && (await this.read(path))?.equals(bytes)) return
    const temporary = await this.#temporaryFor(target)
    await this.#named(target, async () => {
      // `wx`: a link that somebody has put there is not followed.
      await writeFile(temporary, bytes, { flag: 'wx' })
      await rename(temporary, target)
    })
    this.#temporary.delete(temporary)
  }

  async create(path: string, bytes: Uint8Array): Promise<boolean> {
    const target = join(this.root, path)
    // Others may be at the same at this moment, in this process or on another machine.
    const temporary = await this.#temporaryFor(target, `.${randomUUID()}`)
    return this.#named(target, async () => {
      try {
        // A rename would replace what is there; a link does not, and its file is whole at once.
        await writeFile(temporary, bytes, { flag: 'wx' })
        await link(temporary, target)
        return true
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? ''
        // Whoever was first may have tidied up already.
        if (code === 'EEXIST' || code === 'ENOENT') return false
        // FAT and some network drives: whole a moment later.
        if (withoutLinks.has(code)) return await createInPlace(target, bytes)
        throw error
      } finally {
        await rm(temporary, { force: true })
        this.#temporary.delete(temporary)
      }
    })
  }

  async read(path: string): Promise<Buffer | undefined> {
    const target = join(this.root, path)
    return readFile(target).catch(error => {
      if (error.code === 'ENOENT') return undefined
      throw new OutputError(`Cannot read ${target}: ${reasonOf(error, this.disk)}`, { cause: error })
    })
  }

  async list(prefix: string): Promise<ListedObject[]> {
    const within = join(this.root, prefix.slice(0, prefix.lastIndexOf('/') + 1))
    const found = await readdir(within, { recursive: true, withFileTypes: true }).catch(error => {
      if (error.code === 'ENOENT') return []
      throw new OutputError(`Cannot read ${this.root}: ${reasonOf(error, this.disk)}`, { cause: error })
    })
    const listed: ListedObject[] = []
    for (const entry of found) {
      const file = join(entry.parentPath, entry.name)
      const path = relative(this.root, file).replaceAll(sep, '/')
      if (!entry.isFile() || !path.startsWith(prefix)) continue
      // Another process may remove it at this moment.
      const stats = await stat(file).catch(() => undefined)
      if (stats !== undefined) listed.push({ path, bytes: stats.size, changedMs: stats.mtimeMs })
    }
    return listed
  }

  async touch(path: string): Promise<void> {
    const [target, now] = [join(this.root, path), new Date()]
    await this.#named(target, () => utimes(target, now, now))
  }

  async remove(path: string): Promise<void> {
    const target = join(this.root, path)
    this.#thinned.add(dirname(target))
    await this.#named(target, () => rm(target, { force: true }))
  }

  /** Starts a file that grows, and that appears under its name when it is published. */
  async createStream(path: string): Promise<ObjectStream> {
    const target = join(this.root, path)
    const temporary = await this.#temporaryFor(target)
    const handle = await this.#named(target, () => open(temporary, 'wx'))
    this.#growing.add(handle)
    const write = (bytes: Uint8Array) => this.#named(target, () => handle.appendFile(bytes))
    return new GrowingFile(path, write, async () => {
      await handle.close()
      this.#growing.delete(handle)
      await this.#named(target, () => rename(temporary, target))
      this.#temporary.delete(temporary)
    })
  }

  /** Removes what is temporary and folders left empty; finished files stay. */
  async close(): Promise<void> {
    // Whatever went wrong before is what a user should hear of, not that it cannot be tidied up.
    await Promise.allSettled([...this.#growing].map(handle => handle.close()))
    await Promise.allSettled([...this.#temporary].map(path => rm(path, { force: true })))
    const made = new Set([this.root])
    for (const folder of [...this.#made.keys(), ...this.#thinned]) {
      for (let up = folder; isInside(up, this.top); up = dirname(up)) made.add(up)
    }
    for (let up = this.root; isInside(up, this.top); up = dirname(up)) made.add(up)
    const deepestFirst = [...made].sort((a, b) => b.length - a.length)
    for (const folder of deepestFirst) await rmdir(folder).catch(() => {}) // not empty: it stays
  }

  async #temporaryFor(target: string, whose = ''): Promise<string> {
    await this.#makeFolderOf(target)
    const temporary = `${target}${whose}${temporarySuffix}`
    this.#temporary.add(temporary)
    return temporary
  }

  /** Each folder is made once, however many files go into it. */
  async #makeFolderOf(target: string): Promise<void> {
    const folder = dirname(target)
    let made = this.#made.get(folder)
    if (made === undefined) {
      made = this.#named(folder, () => makeInside(this.root, folder))
      this.#made.set(folder, made)
    }
    await made
  }

  #named<T>(path: string, act: () => Promise<T>): Promise<T> {
    return named(path, this.disk, act)
  }
}

const temporarySuffix = '.tmp'

const withoutLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

function createInPlace(target: string, bytes: Uint8Array): Promise<boolean> {
  return writeFile(target, bytes, { flag: 'wx' }).then(
    () => true,
    error => (error.code === 'EEXIST' ? false : Promise.reject(error)),
  )
}

const isInside = (folder: string, top: string): boolean => relative(top, folder).split(sep)[0] !== '..'
