import { readdir, readFile } from 'node:fs/promises'
import { join, parse } from 'node:path'
import { type MotBoxes, readMot } from '../score/mot.js'

/** A video of the folder, with what is known about it. */
export interface Clip {
  readonly name: string
  readonly path: string
  /** True players by frame; undefined where they are not known. */
  readonly truth: MotBoxes | undefined
  /** Places in which a box that is no true player does not count. */
  readonly ignored: MotBoxes
  /** Frames, from 0, with which a new shot begins; undefined where that is not known. */
  readonly cuts: readonly number[] | undefined
}

const videos = new Set(['.mp4', '.mkv', '.mov', '.webm', '.avi', '.ts'])

/**
 * The videos NAME.EXT of a folder with their truth: truth/NAME.gt.txt and truth/NAME.ignore.txt as MOTChallenge text, and
 * truth/NAME.cuts.txt with a number of a frame on each line. All three are optional.
 */
export async function clipsIn(folder: string): Promise<Clip[]> {
  const files = (await readdir(folder)).filter(file => videos.has(parse(file).ext.toLowerCase())).sort()
  return Promise.all(
    files.map(async file => {
      const { name } = parse(file)
      const truthOf = (kind: string) => join(folder, 'truth', `${name}.${kind}.txt`)
      const [truth, ignored, cuts] = await Promise.all([
        unlessMissing(readMot(truthOf('gt'))),
        unlessMissing(readMot(truthOf('ignore'))),
        unlessMissing(readFile(truthOf('cuts'), 'utf8')),
      ])
      return {
        ...{ name, truth },
        path: join(folder, file),
        ignored: ignored ?? new Map(),
        cuts: cuts?.split(/\s+/).filter(Boolean).map(Number),
      }
    }),
  )
}

async function unlessMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}
