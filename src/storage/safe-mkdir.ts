import { constants, existsSync } from 'node:fs'
import { access, mkdir, realpath, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import { OutputError } from '../common/errors.js'

/**
 * Creates a folder and its parents, like `mkdir -p`, but never through a symbolic link that leads out of `base`:
 * another user who can write there must not redirect our files. `base` itself may be a link, since the user
 * chose it. Each folder is checked before anything is created in it.
 *
 * @param folder `base` or below it.
 * @returns the highest folder that did not exist before; undefined when all existed.
 * @throws OutputError for such a link; file system errors unchanged.
 */
export async function safeMkdir(base: string, folder: string): Promise<string | undefined> {
  let top = await mkdirRecursive(base)
  const realBase = await realpath(base)
  let path = base
  for (const part of relative(base, folder).split(sep)) {
    if (part === '') continue
    path = join(path, part)
    try {
      await mkdir(path)
      top ??= path
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      const real = await realpath(path).catch(() => undefined)
      if (real === undefined || !isBelow(realBase, real)) throw leadsOut(path, base)
      if (!(await stat(real)).isDirectory()) throw error
    }
  }
  return top
}

async function mkdirRecursive(folder: string): Promise<string | undefined> {
  try {
    return await mkdir(folder, { recursive: true })
  } catch (error) {
    // Below a folder without write permission, Node reports ENOENT; `access` throws the real error, EACCES.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      let existing = dirname(folder)
      while (!existsSync(existing)) existing = dirname(existing)
      await access(existing, constants.W_OK)
    }
    throw error
  }
}

function isBelow(base: string, path: string): boolean {
  const steps = relative(base, path)
  return steps.split(sep)[0] !== '..' && !isAbsolute(steps)
}

function leadsOut(path: string, base: string): OutputError {
  return new OutputError(`${path} is a link that leads out of ${base}; remove it or choose another --out`)
}
