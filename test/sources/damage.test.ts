import { readFile, writeFile } from 'node:fs/promises'
import { beforeAll, expect, test } from 'vitest'
import { InputError } from '../../dist/common/errors.js'
import { clipFolder, ffmpeg, readClip } from '../support/clips.js'

const clip = clipFolder()

beforeAll(async () => {
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25:d=4']
  const encode = ['-c:v', 'libx264', '-g', '25', '-pix_fmt', 'yuv420p', '-movflags', '+faststart']
  await ffmpeg(...picture, ...encode, clip('good.mp4'))
  await ffmpeg('-i', clip('good.mp4'), '-c', 'copy', clip('good.mkv'))
  for (const type of ['mp4', 'mkv']) {
    const bytes = await readFile(clip(`good.${type}`))
    await writeFile(clip(`cut.${type}`), bytes.subarray(0, Math.round(bytes.length * 0.6)))
  }
  const bytes = await readFile(clip('good.mp4'))
  await writeFile(clip('hole.mp4'), bytes.fill(0, bytes.length >> 1, (bytes.length >> 1) + 8000))
})

// Otherwise half a game would pass for a complete one, because ffmpeg exits with 0.
test.each([
  ['cut.mp4', /its end is missing, \d+ of 100 frames are readable/],
  ['cut.mkv', /its end is missing, \d+ frames are readable/],
  ['hole.mp4', /it is damaged at about [\d.]+ s, after about \d+ of 100 frames \(.+\)/],
])('%s is refused', async (name, message) => {
  const failure = readClip(clip(name), { fps: 25 })
  await expect(failure).rejects.toThrow(InputError)
  await expect(failure).rejects.toThrow(message)
})

// Otherwise a lenient run could stop at the damage, hide it, or output a partial frame.
test.each(['cut.mp4', 'cut.mkv', 'hole.mp4'])('a lenient run reads the readable frames of %s', async name => {
  const { frames, report } = await readClip(clip(name), { fps: 25, lenient: true })
  const whole = await readClip(clip('good.mp4'), { fps: 25 })
  expect(report.damage).toBeDefined()
  expect(report.framesRead).toBe(frames.length)
  expect(frames.length).toBeGreaterThan(40)
  expect(frames.slice(0, 40)).toEqual(whole.frames.slice(0, 40))
})

// Otherwise a recording that starts in the middle of a stream would count as damaged.
test('frames before the first keyframe are no damage', async () => {
  await ffmpeg('-i', clip('good.mp4'), '-c', 'copy', clip('good.ts'))
  await writeFile(clip('late.ts'), (await readFile(clip('good.ts'))).subarray(188 * 100))
  const { report, indices } = await readClip(clip('late.ts'), { every: 1 })
  expect(report.damage).toBeUndefined()
  expect(indices.length).toBeGreaterThan(50)
})
