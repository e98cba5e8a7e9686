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
 * Finds ffmpeg and ffprobe, each in this order: the setting, FFMPEG_PATH or FFPROBE_PATH, the PATH, and
 * last the static builds that come with the packages, so that nothing needs to be installed.
 *
 * @throws UsageError when a setting names no program, or nothing that can be executed was found.
 */
export function findBinaries(settings: Partial<Binaries> = {}): Binaries {
  return { ffmpeg: find('ffmpeg', settings.ffmpeg), ffprobe: find('ffprobe', settings.ffprobe) }
}

type Program = keyof Binaries

function find(program: Program, setting?: string): string {
  const variable = `${program.toUpperCase()}_PATH`
  const chosen = setting ?? process.env[variable]
  if (chosen !== undefined && chosen !== '') {
    // A bare name would be looked for on the PATH when it is started, and is another program there.
    if (isExecutable(chosen)) return resolve(chosen)
    throw new UsageError(expected('an executable file', setting === undefined ? variable : program, chosen))
  }
  return onPath(program) ?? executable(bundled(program, variable), variable)
}

function onPath(program: Program): string | undefined {
  const file = process.platform === 'win32' ? `${program}.exe` : program
  const folders = (process.env.PATH ?? '').split(delimiter).filter(folder => folder !== '')
  return folders.map(folder => join(folder, file)).find(isExecutable)
}

function bundled(program: Program, variable: string): string {
  try {
    // Required when needed: on a platform that has no build the package throws as it loads.
    const installer = createRequire(import.meta.url)(`@${program}-installer/${program}`) as { path: string }
    return installer.path
  } catch (cause) {
    const why = `Expected ${program} on the PATH but found none, and none is bundled for ${process.platform}-${process.arch}`
    throw new UsageError(`${why}: install it or set ${variable}`, { cause })
  }
}

/**
 * The bundled ffprobe arrives without its executable bit, which an install script would set and scripts
 * are off. Where the folder is not ours to change, a copy in the user's cache serves.
 */
function executable(path: string, variable: string): string {
  if (isExecutable(path)) return path
  try {
    chmodSync(path, 0o755)
    if (isExecutable(path)) return path
  } catch {
    // Not our file, or read-only: copy.
  }
  const cache = cacheFolder()
  try {
    if (cache === undefined) throw new Error('there is no home folder')
    const copy = join(cache, `${statSync(path).size}-${basename(path)}`)
    if (isExecutable(copy)) return copy
    mkdirSync(dirname(copy), { recursive: true, mode: 0o700 })
    // Renamed into place, so that a run beside this one never starts half a program.
    const partial = `${copy}.${process.pid}`
    copyFileSync(path, partial)
    chmodSync(partial, 0o700)
    renameSync(partial, copy)
    return copy
  } catch (cause) {
    const why = `it may not be executed, nor copied to ${cache ?? 'a cache, for there is no home folder'}`
    throw new UsageError(`Cannot use ${path}: ${why}; set ${variable} to one that may`, { cause })
  }
}

/** Undefined for a user without a home. */
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
