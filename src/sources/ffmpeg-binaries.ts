import { execFile } from 'node:child_process'
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
import { promisify } from 'node:util'
import { expected, UsageError } from '../common/errors.js'

/** Paths of the two programs, both executable. */
export interface Binaries {
  readonly ffmpeg: string
  readonly ffprobe: string
}

type Program = keyof Binaries
type Environment = Readonly<Record<string, string | undefined>>

const programs: readonly Program[] = ['ffmpeg', 'ffprobe']

/**
 * Finds ffmpeg and ffprobe, each in this order: the setting; FFMPEG_PATH or FFPROBE_PATH; the PATH; the static
 * builds bundled with npm packages.
 *
 * @param env where these variables are looked up.
 * @throws UsageError when a setting is not an executable file, or no executable was found.
 */
export function findBinaries(settings: Partial<Binaries> = {}, env: Environment = process.env): Binaries {
  return { ffmpeg: find('ffmpeg', settings.ffmpeg, env), ffprobe: find('ffprobe', settings.ffprobe, env) }
}

/** A warning that names the bundled programs among these and their age; undefined when there are none. */
export async function bundledWarning(binaries: Binaries): Promise<string | undefined> {
  const used = programs.filter(program => isBundled(program, binaries[program]))
  if (used.length === 0) return undefined
  const builds = await Promise.all(used.map(program => describeBuild(program, binaries[program])))
  const [options, variables] = [used.map(program => `--${program}`), used.map(variableOf)]
  return (
    `reading the video with the bundled ${builds.join(' and ')}, without the security fixes since: install ` +
    `ffmpeg, or name a newer one with ${options.join(' and ')} or ${variables.join(' and ')}`
  )
}

function find(program: Program, setting: string | undefined, env: Environment): string {
  const variable = variableOf(program)
  const chosen = setting ?? env[variable]
  if (chosen !== undefined && chosen !== '') {
    // Resolved, since `spawn` would look up a bare name on the PATH and could find another program.
    if (isExecutable(chosen)) return resolve(chosen)
    throw new UsageError(expected('an executable file', setting === undefined ? variable : program, chosen))
  }
  return onPath(program, env.PATH) ?? executable(bundled(program), variable)
}

const variableOf = (program: Program): string => `${program.toUpperCase()}_PATH`

function onPath(program: Program, path = ''): string | undefined {
  const file = process.platform === 'win32' ? `${program}.exe` : program
  const folders = path.split(delimiter).filter(folder => folder !== '')
  // Resolved, since ffmpeg may run in another working directory.
  return folders.map(folder => resolve(folder, file)).find(isExecutable)
}

function bundled(program: Program): string {
  try {
    // Loaded only when needed: on a platform without a build the package throws while loading.
    const installer = createRequire(import.meta.url)(`@${program}-installer/${program}`) as { path: string }
    return installer.path
  } catch (cause) {
    const why = `Expected ${program} on the PATH but found none, and none is bundled for ${process.platform}-${process.arch}`
    throw new UsageError(`${why}: install it or set ${variableOf(program)}`, { cause })
  }
}

function isBundled(program: Program, path: string): boolean {
  try {
    const original = bundled(program)
    return path === original || path === copyOf(original)
  } catch {
    return false // none for this platform
  }
}

/** Such as `ffmpeg of 2018 (N-47683-g0e8eb07980-static)`. ffmpeg updates the year of its copyright each January. */
async function describeBuild(program: Program, path: string): Promise<string> {
  // One that does not start fails the run, with a message of its own.
  const { stdout } = await promisify(execFile)(path, ['-version']).catch(() => ({ stdout: '' }))
  const [, version, year] = /^\w+ version (\S+) .*\(c\) \d+-(\d+)/.exec(stdout) ?? []
  return version === undefined ? program : `${program} of ${year} (${version})`
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
  const copy = copyOf(path)
  try {
    if (copy === undefined) throw new Error('there is no home folder')
    if (isExecutable(copy)) return copy
    mkdirSync(dirname(copy), { recursive: true, mode: 0o700 })
    // Renamed into place, so that a concurrent run never starts an incomplete copy.
    const partial = `${copy}.${process.pid}`
    copyFileSync(path, partial)
    chmodSync(partial, 0o700)
    renameSync(partial, copy)
    return copy
  } catch (cause) {
    const why = `it is not executable and cannot be copied to ${copy ?? 'a cache: there is no home folder'}`
    throw new UsageError(`Cannot use ${path}: ${why}; set ${variable} to an executable file`, { cause })
  }
}

/** Where the copy of a bundled program goes; undefined for a user without a home folder. */
function copyOf(path: string): string | undefined {
  try {
    const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'cropstream')
    return join(cache, `${statSync(path).size}-${basename(path)}`)
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
