import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { drawSample } from './sample.js'

/** Returns the sample match of a length, from `sample/`; draws it first unless a complete one is there. */
export async function sampleMatch(seconds: number): Promise<{ video: string; truth: string }> {
  const folder = join('sample', `${seconds}s`)
  const done = join(folder, 'done')
  if (!existsSync(done)) {
    console.log(`drawing a match of ${seconds} s in ${folder}`)
    await drawSample({ seconds, out: folder })
    await writeFile(done, '')
  }
  return { video: join(folder, 'match.mp4'), truth: join(folder, 'truth.jsonl') }
}
