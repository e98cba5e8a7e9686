import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive, thisProcess } from '../common/processes.js'
import { named } from './disk-errors.js'

/** Names say whose they are. */
const prefix = `cropstream-${hostname().replace(/[^\w.]/g, '_')}-`

/** A temporary folder of this process; disposing removes it with all that is in it. */
export class Scratch implements AsyncDisposable {
  private constructor(readonly folder: string) {}

  /**
   * Also removes what processes left that were killed.
   * @throws OutputError when it cannot be made.
   */
  static async make(): Promise<Scratch> {
    await sweep()
    const { pid, born } = thisProcess
    const path = join(tmpdir(), `${prefix}${pid}-${born}-`)
    return new Scratch(await named(path, 'TMPDIR', () => mkdtemp(path)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}

async function sweep(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => [])
  for (const name of names) {
    const [, pid, born] = new RegExp(`^${prefix.replaceAll('.', '\\.')}(\\d+)-(\\d+)-`).exec(name) ?? []
    if (pid === undefined || born === undefined || isAlive({ pid: Number(pid), born: Number(born) })) continue
    // Somebody else's, perhaps: then it is theirs to remove.
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => {})
  }
}
