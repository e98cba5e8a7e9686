import { constants, existsSync } from 'node:fs'
import { access, mkdir, realpath, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import { OutputError } from '../common/errors.js'

/**
 * Makes a folder and those above it, as `mkdir -p` would, but never by way of a link that leads out of
 * `base`: who can write there must not decide where our files go. `base` itself may be a link, for the user
 * chose it. Each folder is looked at before anything is made in it.
 *
 * @param folder `base` or below it.
 * @returns the highest folder that did not exist before.
 * @throws OutputError for such a link; what the file system says as it came.
 */
export async function makeInside(base: string, folder: string): Promise<string | undefined> {
  let top = await makeAll(base)
  const home = await realpath(base)
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
      if (real === undefined || !isBelow(home, real)) throw leadsOut(path, base)
      if (!(await stat(real)).isDirectory()) throw error
    }
  }
  return top
}

async function makeAll(folder: string): Promise<string | undefined> {
  try {
    return await mkdir(folder, { recursive: true })
  } catch (error) {
    // Where nothing may be made, Node misses the parent that it has not made itself.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      let there = dirname(folder)
      while (!existsSync(there)) there = dirname(there)
      await access(there, constants.W_OK)
    }
    throw error
  }
}

function isBelow(home: string, path: string): boolean {
  const way = relative(home, path)
  return way.split(sep)[0] !== '..' && !isAbsolute(way)
}

function leadsOut(path: string, base: string): OutputError {
  return new OutputError(`${path} is a link that leads out of ${base}; remove it or choose another --out`)
}
