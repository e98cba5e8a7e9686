import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { randomFor } from '../../../dist/common/random.js'
import type { VideoOptions } from '../../../dist/sources/video.js'
import type { BaseClip } from './base-clips.js'
import { mutantOf } from './mutations.js'
import { type Verdict, WatchedReader } from './watched-reader.js'

export interface Trial extends Verdict {
  readonly number: number
  /** The mutation, and the way the video was read. */
  readonly name: string
}

export interface FuzzOptions {
  readonly clips: readonly BaseClip[]
  readonly seed: number
  readonly from: number
  readonly count: number
  /** For the mutants, which are removed after reading. */
  readonly folder: string
  readonly onTrial?: (trial: Trial) => void
}

/** Reads `count` mutants, two at a time; the number of a mutant determines how. */
export async function fuzz({ clips, seed, from, count, folder, onTrial }: FuzzOptions): Promise<Trial[]> {
  const trials: Trial[] = []
  let next = from
  const work = async () => {
    using reader = new WatchedReader()
    for (let number = next++; number < from + count; number = next++) {
      const mutant = mutantOf(clips, seed, number)
      const options = readingOf(seed, number)
      const path = join(folder, `mutant-${number}${mutant.extension}`)
      await writeFile(path, mutant.bytes)
      const verdict = await reader.read({ path, options })
      await rm(path)
      const message = verdict.message.replaceAll(path, '…')
      const trial = {
        ...verdict,
        message,
        number,
        name: `${mutant.name}, read with ${JSON.stringify(options)}`,
      }
      trials.push(trial)
      onTrial?.(trial)
    }
  }
  await Promise.all([work(), work()])
  return trials
}

function readingOf(seed: number, number: number): VideoOptions {
  const random = randomFor('reading', seed, number)
  const samplings: VideoOptions[] = [{ every: 1 }, { fps: 5 }, { frames: 4, seek: true }]
  return { ...samplings[Math.floor(random() * samplings.length)]!, lenient: random() < 0.5 }
}
