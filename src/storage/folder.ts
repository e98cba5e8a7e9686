import { randomUUID } from 'node:crypto'
import { type FileHandle, open, readdir, readFile, rename, rm, rmdir, stat, utimes } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { OutputError } from '../common/errors.js'
import { createFile } from './create-file.js'
import { type Disk, reasonOf, withDiskErrors } from './disk-errors.js'
import { FileWriter } from './file-writer.js'
import { HashingStream } from './object-stream.js'
import { safeMkdir } from './safe-mkdir.js'
import type { ListedObject, ObjectStream, SharedStore } from './store.js'

/**
 * Stores objects as files of a folder. A file appears whole or not at all: it is written under a temporary name
 * in the same folder and renamed. Every failure is an OutputError with the file's path and what to do.
 */
export class Folder implements SharedStore {
  readonly #files = new FileWriter()
  readonly #created = new Map<string, Promise<unknown>>()
  /** Folders that a removal may have left empty. */
  readonly #maybeEmpty = new Set<string>()
  /** Files of an earlier process. */
  readonly #existing = new Set<string>()
  readonly #temporary = new Set<string>()
  readonly #openStreams = new Set<FileHandle>()
  /** The last replacement: the next one waits for it. */
  #replaced: Promise<unknown> = Promise.resolve()

  private constructor(
    readonly root: string,
    /** The highest folder that did not exist before: `close` removes it and those below when they are empty. */
    readonly top: string,
    readonly disk: Disk,
  ) {}

  /**
   * Creates `root` if it does not exist.
   * @param base parent of `root`, chosen by the user: it may be a symbolic link, no folder below it may leave it.
   * @throws OutputError when it cannot be created.
   */
  static async open(root: string, base = dirname(root), disk: Disk = '--out'): Promise<Folder> {
    const top = await withDiskErrors(root, disk, () => safeMkdir(base, root))
    return new Folder(root, top ?? root, disk)
  }

  /** An existing folder, for reading. */
  static at(root: string): Folder {
    return new Folder(root, root, '--out')
  }

  async indexExisting(): Promise<ListedObject[]> {
    const complete: ListedObject[] = []
    for (const object of await this.list('')) {
      if (object.path.endsWith(temporarySuffix)) await this.remove(object.path)
      else {
        complete.push(object)
        this.#existing.add(object.path)
      }
    }
    return complete
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    const target = join(this.root, path)
    // After a power failure a file may have its final name but not all of its bytes.
    if (this.#existing.has(path) && (await this.read(path))?.equals(bytes)) return
    const temporary = await this.#temporaryFor(target)
    await this.#withErrors(target, () => this.#files.write(temporary, target, bytes))
    this.#temporary.delete(temporary)
  }

  async create(path: string, bytes: Uint8Array): Promise<boolean> {
    const target = join(this.root, path)
    // Other processes and machines may create the same object now: each needs its own temporary file.
    const temporary = await this.#temporaryFor(target, `.${randomUUID()}`)
    const created = await this.#withErrors(target, () => createFile(temporary, target, bytes))
    this.#temporary.delete(temporary)
    return created
  }

  /** Of calls of one process, one wins; of two processes in the same moment, the later one. */
  async replace(
    path: string,
    bytes: Uint8Array,
    wasSeen: (now: Buffer | undefined) => boolean,
  ): Promise<boolean> {
    const replaced = this.#replaced.then(async () => {
      if (!wasSeen(await this.read(path))) return false
      const target = join(this.root, path)
      // A process that was killed while it replaced the same object left its own temporary file.
      const temporary = await this.#temporaryFor(target, `.${randomUUID()}`)
      await this.#withErrors(target, () => this.#files.write(temporary, target, bytes))
      this.#temporary.delete(temporary)
      return true
    })
    this.#replaced = replaced.catch(() => {})
    return replaced
  }

  async read(path: string): Promise<Buffer | undefined> {
    const target = join(this.root, path)
    return readFile(target).catch(error => {
      if (error.code === 'ENOENT') return undefined
      throw new OutputError(`Cannot read ${target}: ${reasonOf(error, this.disk)}`, { cause: error })
    })
  }

  async *pieces(path: string): AsyncGenerator<Buffer> {
    const target = join(this.root, path)
    const file = await open(target).catch(error => {
      if (error.code === 'ENOENT') return undefined
      throw new OutputError(`Cannot read ${target}: ${reasonOf(error, this.disk)}`, { cause: error })
    })
    if (file === undefined) return
    try {
      for (;;) {
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(pieceBytes))
        if (bytesRead === 0) return
        yield buffer.subarray(0, bytesRead)
      }
    } finally {
      await file.close()
    }
  }

  async list(prefix: string): Promise<ListedObject[]> {
    const folder = join(this.root, prefix.slice(0, prefix.lastIndexOf('/') + 1))
    const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(error => {
      if (error.code === 'ENOENT') return []
      throw new OutputError(`Cannot read ${this.root}: ${reasonOf(error, this.disk)}`, { cause: error })
    })
    const listed: ListedObject[] = []
    for (const entry of found) {
      const file = join(entry.parentPath, entry.name)
      const path = relative(this.root, file).replaceAll(sep, '/')
      if (!entry.isFile() || !path.startsWith(prefix)) continue
      // Another process may have removed it since.
      const stats = await stat(file).catch(() => undefined)
      if (stats !== undefined) listed.push({ path, bytes: stats.size, changedMs: stats.mtimeMs })
    }
    return listed
  }

  async find(...names: readonly string[]): Promise<string[]> {
    const below = async (folder: string): Promise<string[]> => {
      const entries = await readdir(join(this.root, folder), { withFileTypes: true }).catch(error => {
        if (error.code === 'ENOENT') return []
        throw new OutputError(`Cannot read ${join(this.root, folder)}: ${reasonOf(error, this.disk)}`, {
          cause: error,
        })
      })
      const found = entries.filter(entry => entry.isFile() && names.includes(entry.name))
      const here = found.map(entry => `${folder}${entry.name}`)
      if (found.some(entry => entry.name === names[0])) return here
      const folders = entries.filter(entry => entry.isDirectory())
      return (await Promise.all(folders.map(entry => below(`${folder}${entry.name}/`)))).flat().concat(here)
    }
    return below('')
  }

  async touch(path: string): Promise<void> {
    const [target, now] = [join(this.root, path), new Date()]
    await this.#withErrors(target, () => utimes(target, now, now))
  }

  async remove(path: string): Promise<void> {
    const target = join(this.root, path)
    this.#maybeEmpty.add(dirname(target))
    await this.#withErrors(target, () => rm(target, { force: true }))
  }

  async createStream(path: string): Promise<ObjectStream> {
    const target = join(this.root, path)
    const temporary = await this.#temporaryFor(target)
    const handle = await this.#withErrors(target, () => open(temporary, 'wx'))
    this.#openStreams.add(handle)
    const write = (bytes: Uint8Array) => this.#withErrors(target, () => handle.appendFile(bytes))
    return new HashingStream(path, write, async () => {
      await handle.close()
      this.#openStreams.delete(handle)
      await this.#withErrors(target, () => rename(temporary, target))
      this.#temporary.delete(temporary)
    })
  }

  async close(): Promise<void> {
    // Cleanup errors are ignored: they would hide the failure that came first.
    await Promise.allSettled([...this.#openStreams].map(handle => handle.close()))
    await Promise.allSettled([...this.#temporary].map(path => rm(path, { force: true })))
    const folders = new Set([this.root])
    for (const folder of [...this.#created.keys(), ...this.#maybeEmpty]) {
      for (let parent = folder; isInside(parent, this.top); parent = dirname(parent)) folders.add(parent)
    }
    for (let parent = this.root; isInside(parent, this.top); parent = dirname(parent)) folders.add(parent)
    const deepestFirst = [...folders].sort((a, b) => b.length - a.length)
    for (const folder of deepestFirst) await rmdir(folder).catch(() => {}) // fails when it is not empty
  }

  async #temporaryFor(target: string, unique = ''): Promise<string> {
    await this.#createParent(target)
    const temporary = `${target}${unique}${temporarySuffix}`
    this.#temporary.add(temporary)
    return temporary
  }

  /** Creates each folder once, however many files are written to it. */
  async #createParent(target: string): Promise<void> {
    const folder = dirname(target)
    let created = this.#created.get(folder)
    if (created === undefined) {
      created = this.#withErrors(folder, () => safeMkdir(this.root, folder))
      this.#created.set(folder, created)
    }
    await created
  }

  #withErrors<T>(path: string, act: () => Promise<T>): Promise<T> {
    return withDiskErrors(path, this.disk, act)
  }
}

const temporarySuffix = '.tmp'

/** Of a read file. */
const pieceBytes = 1 << 18

const isInside = (folder: string, top: string): boolean => relative(top, folder).split(sep)[0] !== '..'
