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

/**
 * Like `mkdir -p`. Not with the option `recursive`: where nothing can be created in an existing folder, as in /proc,
 * Node tries for ever, and below a folder without write permission it reports ENOENT.
 */
async function mkdirRecursive(folder: string): Promise<string | undefined> {
  const missing: string[] = []
  for (let path = folder; !existsSync(path); path = dirname(path)) missing.unshift(path)
  if (missing.length === 0 && !(await stat(folder)).isDirectory()) await mkdir(folder) // throws EEXIST
  for (const path of missing) {
    try {
      await mkdir(path)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      // Another process may have created it.
      if (code === 'EEXIST' && existsSync(path)) continue
      // Throws the real reason where there is one: EACCES, EROFS.
      if (code === 'ENOENT') await access(dirname(path), constants.W_OK)
      throw error
    }
  }
  return missing[0]
}

function isBelow(base: string, path: string): boolean {
  const steps = relative(base, path)
  return steps.split(sep)[0] !== '..' && !isAbsolute(steps)
}

function leadsOut(path: string, base: string): OutputError {
  return new OutputError(`${path} is a link that leads out of ${base}; remove it or choose another --out`)
}
