import { readFile, writeFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { InputError } from '../../dist/common/errors.js'
import { clipFolder, ffmpeg, readClip } from '../support/clips.js'
import { bundledBuild, ffmpegBuilds } from '../support/ffmpeg-builds.js'
import { editVideo, setCounter } from '../support/transport-streams.js'

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

const codecs: Record<string, readonly string[]> = {
  h264: ['-c:v', 'libx264', '-x264opts', 'keyint=20:bframes=2', '-crf', '15', '-pix_fmt', 'yuv420p'],
  hevc: ['-c:v', 'libx265', '-crf', '15', '-x265-params', 'log-level=error:keyint=20', '-pix_fmt', 'yuv420p'],
  mpeg2: ['-c:v', 'mpeg2video', '-bf', '2', '-q:v', '3'],
}

const within = (share: number) => share >= 0.5 && share < 0.52

/** What is wrong in a stream's packets though all pictures are there. */
const complaints: readonly (readonly [string, (packet: Buffer, share: number) => unknown])[] = [
  [
    'a counter that jumps',
    (packet: Buffer, share: number) => setCounter(packet, packet[3]! + (share > 0.5 ? 5 : 0)),
  ],
  ['counters that never count', (packet: Buffer) => setCounter(packet, 0)],
  [
    'some error flags',
    (packet: Buffer, share: number) => within(share) && packet.fill(packet[1]! | 0x80, 1, 2),
  ],
  ['error flags everywhere', (packet: Buffer) => packet.fill(packet[1]! | 0x80, 1, 2)],
]

beforeAll(async () => {
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=s=192x108:r=25', '-frames:v', '50']
  for (const [name, encode] of Object.entries(codecs)) await ffmpeg(...picture, ...encode, clip(`${name}.ts`))
  for (const type of ['mp4', 'mkv', 'flv', 'mpg']) {
    const path = clip(`zeros.${type}`)
    await ffmpeg('-i', clip(type === 'mpg' ? 'mpeg2.ts' : 'h264.ts'), '-c', 'copy', path)
    const bytes = await readFile(path)
    const from = Math.round(bytes.length * 0.55)
    await writeFile(path, bytes.fill(0, from, from + 3000))
  }
})

describe.each(ffmpegBuilds)('$name', ({ binaries }) => {
  const verdict = async (name: string) => {
    const { report, frames } = await readClip(clip(name), { every: 1, lenient: true }, binaries)
    return { damage: report.damage, frames: frames.length }
  }
  describe.each(Object.keys(codecs))('%s in a transport stream', name => {
    const isBundled = binaries === bundledBuild.binaries
    // Otherwise a sound recording would be refused for the complaints of a receiver.
    test.each(isBundled || name === 'h264' ? complaints : [])('%s is no damage', async (_, edit) => {
      const stream = editVideo(await readFile(clip(`${name}.ts`)), (packet, share) => {
        edit(packet, share)
        return packet
      })
      await writeFile(clip('complaint.ts'), stream)
      expect(await verdict('complaint.ts')).toEqual({ damage: undefined, frames: 50 })
    })

    // Otherwise a user with one build of ffmpeg would get a dataset with broken players, and with another an error.
    test.each([
      ['lost packets', () => undefined],
      ['a hole of zeros', (packet: Buffer) => packet.fill(0)],
    ])('%s are damage', async (_, edit) => {
      const stream = await readFile(clip(`${name}.ts`))
      const isLost = (share: number) => share >= 0.5 && share < 0.6
      await writeFile(
        clip('lost.ts'),
        editVideo(stream, (packet, share) => (isLost(share) ? edit(packet) : packet)),
      )
      expect((await verdict('lost.ts')).damage).toMatch(/^it is damaged at about (0\.[5-9]|1\.\d)\d s/)
    })
  })

  // Otherwise what a container knows of its damage would be lost when a demuxer reads ahead of the decoder.
  test.each(['mp4', 'mkv', 'flv', 'mpg'])('a hole of zeros in .%s', async type => {
    expect((await verdict(`zeros.${type}`)).damage).toMatch(/^it is damaged at about/)
  })
})

// Otherwise all frames behind a damaged place would be left out, because they are counted as the decoder gives them.
test('a lenient run has the sampled frames behind the damage', async () => {
  const lost = editVideo(await readFile(clip('mpeg2.ts')), (packet, share) =>
    share >= 0.5 && share < 0.6 ? undefined : packet,
  )
  await writeFile(clip('behind.ts'), lost)
  const all = await readClip(clip('behind.ts'), { every: 1, lenient: true })
  for (const sampling of [{ every: 3 }, { frames: 12 }, { fps: 8 }]) {
    const { frames, report } = await readClip(clip('behind.ts'), { ...sampling, lenient: true })
    expect(frames.length).toBeGreaterThan(report.framesExpected - 3)
    const known = new Map(all.frames.map(({ index, ptsMs }) => [index, ptsMs]))
    expect(frames.map(({ ptsMs }) => ptsMs)).toEqual(frames.map(({ index }) => known.get(index)))
  }
  expect(all.frames.length).toBeLessThan(all.info.frameCount)
})
