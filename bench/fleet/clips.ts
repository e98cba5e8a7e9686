import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findBinaries } from '../../dist/sources/ffmpeg-binaries.js'
import { drawSample } from '../sample/sample.js'

/** Of a clip, from the shortest to the longest. */
const clipSeconds = [2, 2.5, 3, 3.5, 4] as const

export interface Clips {
  /** Has the clips and nothing else. */
  readonly folder: string
  readonly paths: readonly string[]
  /** Sampled of each, at 5 per second. */
  readonly frames: readonly number[]
  readonly shortest: string
  readonly longest: string
}

/** Returns short clips with different contents, cut from one match in `sample/`; makes them first unless they are there. */
export async function shortClips(count: number): Promise<Clips> {
  const at = join('sample', `clips-${count}`)
  const folder = join(at, 'clips')
  const paths = Array.from({ length: count }, (_, i) =>
    join(folder, `clip-${String(i).padStart(3, '0')}.mp4`),
  )
  const done = join(at, 'done')
  if (!existsSync(done)) {
    console.log(`drawing ${count} clips in ${folder}`)
    await mkdir(folder, { recursive: true })
    // Each begins a second after the one before.
    const seconds = count + Math.max(...clipSeconds)
    const { video } = await drawSample({ seconds, out: at, width: 960, height: 540 })
    for (const [i, path] of paths.entries()) await cut(video, i, secondsOf(i), path)
    await writeFile(done, '')
  }
  const [shortest, longest] = [paths[0], paths[clipSeconds.length - 1]]
  if (shortest === undefined || longest === undefined)
    throw new Error(`Expected at least ${clipSeconds.length} clips but received ${count}`)
  const frames = paths.map((_, i) => Math.ceil(secondsOf(i) * 5))
  return { folder, paths, frames, shortest, longest }
}

const secondsOf = (clip: number): number => clipSeconds[clip % clipSeconds.length] ?? clipSeconds[0]

async function cut(video: string, from: number, seconds: number, path: string): Promise<void> {
  const args = `-v error -y -ss ${from} -i ${video} -t ${seconds} -an -c:v libx264 -preset veryfast -crf 20 -g 50 -fflags +bitexact -movflags +faststart`
  await promisify(execFile)(findBinaries().ffmpeg, [...args.split(' '), path])
}
