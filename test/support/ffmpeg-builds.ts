import { join } from 'node:path'
import { type Binaries, findBinaries } from '../../dist/sources/ffmpeg-binaries.js'

/** A build of ffmpeg and ffprobe, to run a test with. */
export interface FfmpegBuild {
  readonly name: string
  readonly binaries: Binaries
}

/** What a user has who installed nothing. */
export const bundledBuild: FfmpegBuild = { name: 'the bundled build', binaries: findBinaries({}, {}) }

/**
 * The builds at hand, from old to new: the bundled one, the one on the PATH, and the one in the folder that
 * CROPSTREAM_NEW_FFMPEG names, which `.ci/ffmpeg` fetches.
 */
export const ffmpegBuilds: readonly FfmpegBuild[] = [bundledBuild, ...onPath(), ...newest()]

function onPath(): FfmpegBuild[] {
  const binaries = findBinaries({}, { PATH: process.env.PATH })
  if (binaries.ffmpeg !== bundledBuild.binaries.ffmpeg) return [{ name: 'the build on the PATH', binaries }]
  return missing('an ffmpeg on the PATH: install one')
}

function newest(): FfmpegBuild[] {
  const folder = process.env.CROPSTREAM_NEW_FFMPEG
  if (!folder) return missing('a new ffmpeg: set CROPSTREAM_NEW_FFMPEG=$(.ci/ffmpeg)')
  const binaries = findBinaries({ ffmpeg: join(folder, 'ffmpeg'), ffprobe: join(folder, 'ffprobe') })
  return [{ name: 'the newest build', binaries }]
}

/** Where nothing may be skipped, it is an error. */
function missing(what: string): [] {
  if (process.env.CI) throw new Error(`Expected ${what}`)
  console.warn(`SKIPPED: the tests with ${what}`)
  return []
}
