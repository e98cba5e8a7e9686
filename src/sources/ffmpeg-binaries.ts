import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  renameSync,
  statSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { basename, delimiter, dirname, join, resolve } from 'node:path'
import { expected, UsageError } from '../common/errors.js'

/** Paths of the two programs, both executable. */
export interface Binaries {
  readonly ffmpeg: string
  readonly ffprobe: string
}

/**
 * Finds ffmpeg and ffprobe, each in this order: the setting; FFMPEG_PATH or FFPROBE_PATH; the PATH; the static
 * builds bundled with npm packages.
 *
 * @throws UsageError when a setting is not an executable file, or no executable was found.
 */
export function findBinaries(settings: Partial<Binaries> = {}): Binaries {
  return { ffmpeg: find('ffmpeg', settings.ffmpeg), ffprobe: find('ffprobe', settings.ffprobe) }
}

type Program = keyof Binaries

function find(program: Program, setting?: string): string {
  const variable = `${program.toUpperCase()}_PATH`
  const chosen = setting ?? process.env[variable]
  if (chosen !== undefined && chosen !== '') {
    // Resolved, since `spawn` would look up a bare name on the PATH and could find another program.
    if (isExecutable(chosen)) return resolve(chosen)
    throw new UsageError(expected('an executable file', setting === undefined ? variable : program, chosen))
  }
  return onPath(program) ?? executable(bundled(program, variable), variable)
}

function onPath(program: Program): string | undefined {
  const file = process.platform === 'win32' ? `${program}.exe` : program
  const folders = (process.env.PATH ?? '').split(delimiter).filter(folder => folder !== '')
  // Resolved, since ffmpeg may run in another working directory.
  return folders.map(folder => resolve(folder, file)).find(isExecutable)
}

function bundled(program: Program, variable: string): string {
  try {
    // Loaded only when needed: on a platform without a build the package throws while loading.
    const installer = createRequire(import.meta.url)(`@${program}-installer/${program}`) as { path: string }
    return installer.path
  } catch (cause) {
    const why = `Expected ${program} on the PATH but found none, and none is bundled for ${process.platform}-${process.arch}`
    throw new UsageError(`${why}: install it or set ${variable}`, { cause })
  }
}

/**
 * Makes a bundled program executable. The package sets ffprobe's executable bit by an install script, and install
 * scripts are disabled. If the file cannot be changed, a copy in the user's cache folder is used.
 */
function executable(path: string, variable: string): string {
  if (isExecutable(path)) return path
  try {
    chmodSync(path, 0o755)
    if (isExecutable(path)) return path
  } catch {
    // The file belongs to another user or is read-only: copy it.
  }
  const cache = cacheFolder()
  try {
    if (cache === undefined) throw new Error('there is no home folder')
    const copy = join(cache, `${statSync(path).size}-${basename(path)}`)
    if (isExecutable(copy)) return copy
    mkdirSync(dirname(copy), { recursive: true, mode: 0o700 })
    // Renamed into place, so that a concurrent run never starts an incomplete copy.
    const partial = `${copy}.${process.pid}`
    copyFileSync(path, partial)
    chmodSync(partial, 0o700)
    renameSync(partial, copy)
    return copy
  } catch (cause) {
    const why = `it is not executable and cannot be copied to ${cache ?? 'a cache: there is no home folder'}`
    throw new UsageError(`Cannot use ${path}: ${why}; set ${variable} to an executable file`, { cause })
  }
}

/** Undefined for a user without a home folder. */
function cacheFolder(): string | undefined {
  try {
    return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'cropstream')
  } catch {
    return undefined
  }
}

function isExecutable(path: string): boolean {
  if (!existsSync(path) || !statSync(path).isFile()) return false
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
