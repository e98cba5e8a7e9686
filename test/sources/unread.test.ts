import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { probe } from '../../dist/sources/probe.js'
import { clipFolder, drawClip } from '../support/clips.js'
import { ffmpegBuilds } from '../support/ffmpeg-builds.js'

const clip = clipFolder()

describe.each(ffmpegBuilds)('$name', ({ binaries }) => {
  // Otherwise the second half of a game would be lost without a word: these formats end at the end of the first file.
  test.each(['mp4', 'flv'])('a .%s that was joined from two', async type => {
    const bytes = await readFile(await drawClip(clip(`one.${type}`), { frames: 20 }))
    expect((await probe(clip(`one.${type}`), binaries)).notes).toEqual([])
    await writeFile(clip(`two.${type}`), Buffer.concat([bytes, bytes]))
    const { frameCount, notes } = await probe(clip(`two.${type}`), binaries)
    expect(frameCount).toBe(20)
    expect(notes).toEqual([
      'several videos are joined in this file, and only the first is read: take them apart',
    ])
  })
})
