import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ffmpeg } from './clips.js'

/** Copies a video so often into a folder: the same frames in files that differ, and thus as many videos. */
export async function numberedClips(video: string, folder: string, count: number): Promise<string[]> {
  await mkdir(folder, { recursive: true })
  const paths = Array.from({ length: count }, (_, i) => join(folder, `clip ${i + 1}.mp4`))
  for (const [i, path] of paths.entries()) {
    await ffmpeg('-i', video, '-c', 'copy', '-metadata', `comment=${i}`, path)
  }
  return paths
}
