import { readFile, writeFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { seekFrames } from '../../dist/sources/sample-frames.js'
import {
  clipFolder,
  combing,
  drawClip,
  ffmpeg,
  picturesOf,
  probeClip,
  range,
  readClip,
} from '../support/clips.js'
import { bundledBuild, ffmpegBuilds } from '../support/ffmpeg-builds.js'
import { fieldPictureSize, fieldPictures, ivf } from '../support/field-pictures.js'
import { startedAt } from '../support/transport-streams.js'

const clip = clipFolder()

/** Draws moving pictures, each of which is unlike any other. */
async function drawMoving(name: string, ...encode: readonly string[]): Promise<void> {
  await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=s=128x72:r=25', '-frames:v', '60', ...encode, clip(name))
}

describe('two packets are one frame', () => {
  beforeAll(async () => {
    const fields = fieldPictures(range(0, 60).map(i => 16 + 3 * i))
    const frames = range(0, 30).map(i => Buffer.concat([fields[2 * i]!, fields[2 * i + 1]!]))
    await writeFile(clip('fields.ivf'), ivf(fields, 50))
    await writeFile(clip('frames.ivf'), ivf(frames, 25))
    for (const type of ['ts', 'mkv', 'avi'])
      await ffmpeg('-i', clip('fields.ivf'), '-c', 'copy', clip(`fields.${type}`))
    for (const type of ['ts', 'mp4', 'flv'])
      await ffmpeg('-i', clip('frames.ivf'), '-c', 'copy', clip(`frames.${type}`))
  })

  describe.each(ffmpegBuilds)('$name', ({ binaries }) => {
    // Otherwise H.264 of camcorders and of 1080i broadcasts would have twice its frames, half of which do not exist.
    const names = ['fields.ts', 'frames.ts', 'frames.mp4', 'fields.mkv', 'fields.avi', 'frames.flv']
    test.each(binaries === bundledBuild.binaries ? names : names.slice(0, 2))(
      '%s: one frame of two field pictures',
      async name => {
        const { info, frames, numbers, report } = await readClip(clip(name), { every: 1 }, binaries)
        expect(info).toMatchObject({ ...fieldPictureSize, frameCount: 30, fps: 25, notes: [] })
        expect(info.durationSeconds).toBeCloseTo(1.2, 3)
        expect(numbers.map(number => number >> 1)).toEqual(range(0, 30))
        expect(frames.map(({ ptsMs }) => Math.round(ptsMs))).toEqual(range(0, 30).map(i => i * 40))
        expect(report.damage).toBeUndefined()
      },
    )
  })

  // Otherwise both fields stay in a frame as a comb.
  test('the frames are deinterlaced', async () => {
    const pictures = await picturesOf(clip('fields.ts'))
    expect(Math.max(...pictures.map(combing))).toBeLessThanOrEqual(1)
  })

  // Otherwise each sampling would have its own numbers.
  test('samplings agree', async () => {
    const { frames } = await readClip(clip('fields.ts'), { every: 1 })
    for (const sampling of [{ frames: 4 }, { fps: 6 }]) {
      const sampled = await readClip(clip('fields.ts'), sampling)
      expect(sampled.frames).toEqual(sampled.indices.map(index => frames[index]))
    }
  })
})

describe('hidden frames', () => {
  beforeAll(async () => {
    const scene = 'testsrc2=s=128x72:r=25'
    const vp8 = ['-c:v', 'libvpx', '-b:v', '60k', '-auto-alt-ref', '1', '-lag-in-frames', '25']
    const passes = ['-arnr-maxframes', '7', '-passlogfile', clip('vp8')]
    const draw = ['-f', 'lavfi', '-i', scene, '-frames:v', '75', ...vp8, ...passes]
    await ffmpeg(...draw, '-pass', '1', '-f', 'null', '/dev/null')
    await ffmpeg(...draw, '-pass', '2', clip('vp8.webm'))
    for (const type of ['mkv', 'avi']) await ffmpeg('-i', clip('vp8.webm'), '-c', 'copy', clip(`vp8.${type}`))
  })

  // Otherwise a hidden reference, which is never shown, would count as a frame, or the next frame get its time.
  test.each(['vp8.webm', 'vp8.mkv'])('%s: only shown frames count', async name => {
    const { info, frames, indices, report } = await readClip(clip(name), { every: 1 })
    expect(info).toMatchObject({ frameCount: 75, fps: 25, variableFrameRate: false, notes: [] })
    expect(info.durationSeconds).toBeCloseTo(3, 3)
    expect(indices).toEqual(range(0, 75))
    expect(frames.map(({ ptsMs }) => ptsMs)).toEqual(range(0, 75).map(i => i * 40))
    expect(report).toMatchObject({ framesRead: 75, damage: undefined })
  })

  // Otherwise the frame after a hidden one, which AVI shows late, would make 24 of 25 frames a second.
  test('in an AVI the rate is the usual one', async () => {
    expect(await probeClip(clip('vp8.avi'))).toMatchObject({ frameCount: 75, fps: 25 })
  })
})

describe('recordings that start between keyframes', () => {
  const kinds: Record<string, readonly string[]> = {
    h264: ['-c:v', 'libx264', '-x264opts', 'open-gop=1:keyint=12:bframes=3:b-pyramid=normal'],
    hevc: ['-c:v', 'libx265', '-x265-params', 'log-level=error:open-gop=1:keyint=12:bframes=3'],
    // Old decoders of HEVC give pictures before the first keyframe; here as many as there are packets.
    'hevc-p': ['-c:v', 'libx265', '-x265-params', 'log-level=error:keyint=12:bframes=0'],
    mpeg2: ['-c:v', 'mpeg2video', '-bf', '2', '-g', '12', '-q:v', '3', '-sc_threshold', '1000000000'],
  }
  beforeAll(async () => {
    for (const [name, encode] of Object.entries(kinds)) {
      await drawMoving(`${name}.ts`, ...encode, '-pix_fmt', 'yuv420p')
      await writeFile(clip(`${name}-cut.ts`), startedAt(await readFile(clip(`${name}.ts`)), 0.31))
      await ffmpeg('-i', clip(`${name}-cut.ts`), '-c', 'copy', '-copyinkf', clip(`${name}-cut.mkv`))
    }
  })

  describe.each(ffmpegBuilds)('$name', ({ binaries }) => {
    // Otherwise pictures made of what is not there would be among the players, or the recording be called damaged.
    test.each(Object.keys(kinds))('%s: only what decodes as in the whole recording', async name => {
      const whole = await readClip(clip(`${name}.ts`), { every: 1 }, binaries)
      for (const type of binaries === bundledBuild.binaries ? ['ts', 'mkv'] : ['ts']) {
        const { info, frames, report } = await readClip(clip(`${name}-cut.${type}`), { every: 1 }, binaries)
        const known = whole.frames.map(({ sha256 }) => sha256)
        const first = known.indexOf(frames[0]!.sha256)
        expect(first, type).toBeGreaterThan(10)
        expect(
          frames.map(({ sha256 }) => sha256),
          type,
        ).toEqual(known.slice(first))
        expect(
          frames.map(({ ptsMs }) => Math.round(ptsMs)),
          type,
        ).toEqual(range(0, frames.length).map(i => i * 40))
        expect(info, type).toMatchObject({ fps: 25, frameCount: frames.length })
        expect(info.notes.join(), type).toMatch(
          /^the recording begins between keyframes: its first \d+ packets/,
        )
        expect(report.damage, type).toBeUndefined()
      }
    })
  })

  // Otherwise a resumed run would count the pictures that are left out at the start differently.
  test.each(Object.keys(kinds))('%s: samplings and resumed reads agree', async name => {
    const { frames } = await readClip(clip(`${name}-cut.ts`), { every: 1 })
    for (const sampling of [{ every: 5 }, { fps: 6 }]) {
      const sampled = await readClip(clip(`${name}-cut.ts`), sampling)
      expect(sampled.frames).toEqual(sampled.indices.map(index => frames[index]))
      const from = sampled.indices[2]!
      const rest = await readClip(clip(`${name}-cut.ts`), { ...sampling, resume: { from, framesRead: 2 } })
      expect(rest.frames).toEqual(sampled.frames.slice(2))
    }
  })

  // Otherwise a decoder that gives what it can of an intra refresh would count as a damaged video.
  test('intra refresh: what decodes is used', async () => {
    const refresh = ['-x264-params', 'intra-refresh=1:keyint=20:bframes=0', '-pix_fmt', 'yuv420p']
    await drawMoving('refresh.ts', '-c:v', 'libx264', ...refresh)
    await writeFile(clip('refresh-cut.ts'), startedAt(await readFile(clip('refresh.ts')), 0.3))
    const { info, frames, report, warnings } = await readClip(clip('refresh-cut.ts'), { every: 1 })
    expect(frames.length).toBeGreaterThan(10)
    expect(report.damage).toBeUndefined()
    const missing = info.frameCount - frames.length
    const expected = `${missing} of the ${info.frameCount} sampled frames have no picture in the video`
    expect(warnings).toEqual(missing > 0 ? [expected] : [])
  })
})

// Otherwise a short recording would be refused since a seek passes its only keyframe, though it plays.
test.each([
  ['h264.ts', ['-c:v', 'libx264', '-x264opts', 'tff=1:keyint=250', '-pix_fmt', 'yuv420p']],
  ['mpeg2.ts', ['-c:v', 'mpeg2video', '-g', '600', '-q:v', '3', '-sc_threshold', '1000000000']],
])('sample frames of an interlaced recording with one keyframe: %s', async (name, encode) => {
  const fields = [...encode, '-flags', '+ildct+ilme']
  const after = 'interlace=scan=tff:lowpass=0'
  await drawClip(clip(name), { fps: 50, frames: 25, after, encode: fields })
  const info = await probeClip(clip(name))
  expect(info.frameCount).toBe(25)
  expect((await seekFrames(info, 4)).length).toBeGreaterThan(0)
})

// Otherwise the shortest videos would have no rate, no duration or no frame.
describe.each([1, 2, 3])('a video of %i frames', frames => {
  test.each([
    ['mp4', ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-bf', '2']],
    ['mkv', ['-c:v', 'libx265', '-x265-params', 'log-level=error', '-pix_fmt', 'yuv420p']],
    ['avi', ['-c:v', 'mpeg4', '-bf', '2']],
    ['mpg', ['-c:v', 'mpeg2video', '-bf', '2']],
  ])('%s', async (type, encode) => {
    const path = clip(`${frames}.${type}`)
    await drawClip(path, { frames, encode: [...encode] })
    const { info, numbers } = await readClip(path, { frames: 3 })
    expect(numbers).toEqual(range(0, frames))
    expect(info.frameCount).toBe(frames)
    // One frame has no interval: the rate is what the builds of ffprobe take for the header's.
    if (frames > 1) expect(info).toMatchObject({ fps: 25, durationSeconds: frames / 25 })
    expect((await seekFrames(await probeClip(path), 2)).length).toBe(Math.min(2, frames))
  })
})

describe.each(ffmpegBuilds)('only times of decoding, with $name', ({ binaries }) => {
  // Otherwise frames would be missing and the others be called by wrong numbers, since B-frames come in another order.
  test.each(['copied.mp4', 'copied.mov', 'genpts.mp4', 'genpts.mkv', 'direct.mxf'])('%s', async name => {
    const encode = ['-c:v', 'libx264', '-bf', '3', '-g', '20', '-pix_fmt', 'yuv420p']
    await drawClip(clip('decoding.avi'), { size: '320x240', frames: 40, encode })
    const source = name.endsWith('mxf') ? ['-c:v', 'libx264', '-bf', '3', '-g', '20'] : ['-c', 'copy']
    const flags = name.startsWith('genpts') ? ['-fflags', '+genpts'] : []
    await ffmpeg(...flags, '-i', clip('decoding.avi'), ...source, clip(name))
    const { info, frames } = await readClip(clip(name), { every: 1 }, binaries)
    expect(info).toMatchObject({ frameCount: 40, fps: 25, durationSeconds: 1.6, notes: [] })
    expect(frames.map(({ number }) => number)).toEqual(range(0, 40))
    expect(frames.map(({ index }) => index)).toEqual(range(0, 40))
  })
})
