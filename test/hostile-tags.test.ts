import { readFile, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { probe } from '../dist/sources/probe.js'
import { videoFrames } from '../dist/sources/video.js'
import { clipFolder, drawClip, ffmpeg, readAll } from './support/clips.js'
import { ffmpegBuilds } from './support/ffmpeg-builds.js'

const clip = clipFolder()

// Otherwise a title in the file could pass for what ffmpeg says of its frames: frames would get the numbers of others,
// or be lost; or a tag for a field of the stream: the frames would have another size.
test.each(ffmpegBuilds)('tags are no messages of ffmpeg, for $name', async ({ binaries }) => {
  await drawClip(clip('good.mkv'), { frames: 10, encode: ['-c:v', 'mpeg4', '-q:v', '2'] })
  const lines = ['x', '5.000000', '0.500000', 'nan', '[Eval @ 0x1] 0.500000', 'error while decoding', 'z']
  const tags = ['-metadata', `${lines.join('\n')}=y`, '-metadata:s', 'rotatf=0|width=2.5|index=7|height=1']
  await ffmpeg('-i', clip('good.mkv'), '-c', 'copy', ...tags, clip('muxed.mkv'))
  // ffmpeg itself would not write the tag of this name.
  const bytes = await readFile(clip('muxed.mkv'))
  bytes.write('rotate', bytes.indexOf('ROTATF'))
  await writeFile(clip('tagged.mkv'), bytes)
  for (const options of [{ every: 1 }, { every: 3 }, { every: 4, seek: true }]) {
    const read = async (name: string) => readAll(videoFrames(await probe(clip(name), binaries), options))
    expect(await read('tagged.mkv')).toEqual(await read('good.mkv'))
  }
})
