import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { inject } from 'vitest'
import { drawSample, type SampleOptions } from '../../bench/sample/sample.js'
import { smallSize } from './small-match.js'

/** Few frames a second: twice as many as are sampled by default. */
const matchDefaults = { seconds: 3, fps: 10, width: 960, height: 540 } as const

/**
 * A drawn match, three seconds at 960x540 unless told otherwise: with `venue: 'hall'`, `'rink'` or `'crease'` there are
 * spectators, benches and officials around it, who are in the truth as `others`. All tests that ask for the same match
 * share one; it must not be changed.
 */
export async function drawnMatch(
  options: Partial<Omit<SampleOptions, 'out'>>,
): Promise<{ video: string; truth: string }> {
  const wanted = { ...matchDefaults, ...options }
  const name = Object.entries(wanted)
    .toSorted()
    .map(([key, value]) => `${key}-${value}`)
    .join('_')
  const folder = join(inject('matches'), name)
  if (!existsSync(folder)) {
    // Two test files may draw it at once: the match is the same, and the first one to be done provides it.
    await mkdir(inject('matches'), { recursive: true })
    const own = await mkdtemp(`${folder}.`)
    await drawSample({ ...wanted, out: own })
    await rename(own, folder).catch(() => rm(own, { recursive: true }))
  }
  return { video: join(folder, 'match.mp4'), truth: join(folder, 'truth.jsonl') }
}

/** Video of the small match. */
export const smallVideo = async (): Promise<string> => (await drawnMatch(smallSize)).video
