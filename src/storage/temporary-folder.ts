import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive, thisProcess } from '../common/processes.js'
import { withDiskErrors } from './disk-errors.js'

/** Names contain the host and the process that owns the folder. */
const prefix = `cropstream-${hostname().replace(/[^\w.]/g, '_')}-`

/** A temporary folder of this process; disposing removes it with its content. */
export class TemporaryFolder implements AsyncDisposable {
  private constructor(readonly path: string) {}

  /**
   * Also removes the folders of processes that were killed.
   * @throws OutputError when it cannot be created.
   */
  static async create(): Promise<TemporaryFolder> {
    await removeStaleFolders()
    const { pid, born } = thisProcess
    const path = join(tmpdir(), `${prefix}${pid}-${born}-`)
    return new TemporaryFolder(await withDiskErrors(path, 'TMPDIR', () => mkdtemp(path)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true })
  }
}

async function removeStaleFolders(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => [])
  for (const name of names) {
    const [, pid, born] = new RegExp(`^${prefix.replaceAll('.', '\\.')}(\\d+)-(\\d+)-`).exec(name) ?? []
    if (pid === undefined || born === undefined || isAlive({ pid: Number(pid), born: Number(born) })) continue
    // Removal fails for a folder of another user, who has to remove it.
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {})
  }
}
