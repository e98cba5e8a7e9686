import { readFile, writeFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { frameRateOf } from '../../dist/sources/frame-times.js'
import { mendTimes } from '../../dist/sources/mend-times.js'
import { framesExpression, selectExpression } from '../../dist/sources/select.js'
import { clipFolder, drawClip, ffmpeg, range, readClip } from '../support/clips.js'
import { setDuration } from '../support/containers.js'
import { bundledBuild, ffmpegBuilds } from '../support/ffmpeg-builds.js'
import { renumbered } from '../support/transport-streams.js'

const clip = clipFolder()
const { NaN: none } = Number

const bFrames = ['-c:v', 'libx264', '-x264opts', 'keyint=12:bframes=2', '-pix_fmt', 'yuv420p']
const h264 = ['-c:v', 'libx264', '-x264opts', 'keyint=12:bframes=0', '-pix_fmt', 'yuv420p']
const mpeg2 = ['-c:v', 'mpeg2video', '-bf', '2', '-q:v', '3', '-sc_threshold', '1000000000']

const times = (frames: readonly { readonly ptsMs: number }[]) => frames.map(({ ptsMs }) => Math.round(ptsMs))

describe('gaps stay gaps', () => {
  const kinds: readonly (readonly [name: string, encode: readonly string[]])[] = [
    ['h264.mp4', bFrames],
    ['h264.mkv', bFrames],
    ['h264.ts', bFrames],
    ['h264.flv', bFrames],
    // AVI stores no times but an empty chunk for each frame that was dropped.
    ['h264.avi', bFrames],
    ['mpeg4.avi', ['-c:v', 'mpeg4', '-bf', '2']],
    ['mjpeg.avi', ['-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p']],
    ['vp9.webm', ['-c:v', 'libvpx-vp9', '-cpu-used', '8']],
  ]
  // Otherwise a pause of the camera would be stretched over its neighbors, and lower the rate.
  test.each(kinds)('%s', async (name, encode) => {
    const after = "select='not(between(n,20,34))'"
    await drawClip(clip(name), { frames: 45, after, encode: ['-vsync', 'vfr', ...encode] })
    const { info, frames, numbers } = await readClip(clip(name), { every: 1 })
    expect(info).toMatchObject({ frameCount: 45, fps: 25, variableFrameRate: true, notes: [] })
    const shown = [...range(0, 20), ...range(35, 60)]
    expect(numbers).toEqual(shown)
    expect(times(frames)).toEqual(shown.map(i => i * 40))
    const { indices } = await readClip(clip(name), { fps: 5 })
    expect(indices).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40])
  })

  // Otherwise the frames that a decoder holds back until the end would get times that each build of ffmpeg guesses.
  test.each(ffmpegBuilds)('the last frames of an AVI with B-frames: $name', async ({ binaries }) => {
    await drawClip(clip('b.mp4'), { frames: 30, encode: bFrames })
    await ffmpeg('-i', clip('b.mp4'), '-c', 'copy', clip('b.avi'))
    const { info, frames } = await readClip(clip('b.avi'), { every: 1 }, binaries)
    expect(info).toMatchObject({ fps: 25, variableFrameRate: false, notes: [] })
    expect(times(frames)).toEqual(range(0, 30).map(i => i * 40))
  })

  // Otherwise one in a thousand frames would be moved at the rates of American broadcasts.
  test.each(['mkv', 'ts', 'avi'])('29.97 frames a second: %s', async type => {
    await drawClip(clip(`ntsc.${type}`), { fps: '30000/1001', frames: 40, encode: h264 })
    const { info, frames } = await readClip(clip(`ntsc.${type}`), { every: 1 })
    expect(info).toMatchObject({ frameRate: { num: 30000, den: 1001 }, frameCount: 40 })
    expect(info.durationSeconds).toBeCloseTo((40 * 1001) / 30000, 2)
    expect(Math.abs(frames[39]!.ptsMs - (39 * 1001) / 30)).toBeLessThan(1)
  })
})

// Otherwise a repeated time would make a frame unreachable, or all times of the video be thrown away.
test.each(ffmpegBuilds)('one repeated time: only it is mended, $name', async ({ binaries }) => {
  const before = "select='lt(n,20)+not(mod(n,5))'"
  const encode = [...h264, '-vsync', 'vfr', '-video_track_timescale', '1000']
  await drawClip(clip('good.mp4'), { frames: 30, before, encode })
  await writeFile(clip('repeated.mp4'), setDuration(await readFile(clip('good.mp4')), 10, 0))
  const good = await readClip(clip('good.mp4'), { every: 1 }, binaries)
  const { info, frames, numbers } = await readClip(clip('repeated.mp4'), { every: 1 }, binaries)
  expect(info).toMatchObject({ frameCount: 30, fps: 25 })
  expect(info.notes.join()).toMatch(/1 of 30 frames had no usable time/)
  expect(numbers).toEqual(good.numbers)
  // All frames after the repeated time come as much earlier.
  expect(times(frames).slice(0, 11)).toEqual(times(good.frames).slice(0, 11))
  expect(times(frames)[11]).toBe(420)
  expect(times(frames).slice(12)).toEqual(
    times(good.frames)
      .slice(12)
      .map(time => time - 40),
  )
})

describe('the clock is set anew', () => {
  async function joined(name: string, encode: readonly string[], offset: readonly string[]): Promise<void> {
    await drawClip(clip(`a-${name}`), { frames: 30, encode })
    await drawClip(clip(`b-${name}`), { frames: 20, encode: [...encode, ...offset] })
    const parts = await Promise.all(['a', 'b'].map(part => readFile(clip(`${part}-${name}`))))
    const keepsCounters = offset.length > 0
    await writeFile(clip(name), keepsCounters ? renumbered(...parts) : Buffer.concat(parts))
  }
  const kinds: readonly (readonly [name: string, encode: readonly string[], offset: readonly string[]])[] = [
    ['back.ts', bFrames, []],
    ['back-hevc.ts', ['-c:v', 'libx265', '-x265-params', 'log-level=error'], []],
    ['back-mpeg2.ts', mpeg2, []],
    ['back.mpg', mpeg2, []],
    ['hour.ts', bFrames, ['-output_ts_offset', '3600']],
    ['hour-mpeg2.ts', mpeg2, ['-output_ts_offset', '3600']],
  ]
  beforeAll(async () => {
    for (const kind of kinds) await joined(...kind)
  })
  describe.each(ffmpegBuilds)('$name', ({ binaries }) => {
    // Otherwise two recordings in one file would be damaged, an hour long, of no rate, or be read up to the seam.
    const names =
      binaries === bundledBuild.binaries ? kinds : kinds.filter(([name]) => /^back.ts|mpeg2/.test(name))
    test.each(names)('%s', async name => {
      const { info, frames, numbers, report } = await readClip(clip(name), { every: 1 }, binaries)
      expect(info).toMatchObject({ frameCount: 50, fps: 25, variableFrameRate: false })
      expect(info.durationSeconds).toBeCloseTo(2, 3)
      expect(info.notes).toEqual([
        "the video's times were mended: its clock was set once, and times go on without the jump",
      ])
      expect(numbers).toEqual([...range(0, 30), ...range(0, 20)])
      expect(times(frames)).toEqual(range(0, 50).map(i => i * 40))
      expect(report.damage).toBeUndefined()
    })
  })

  // Otherwise a resumed read would take the frames of the first recording for those of the second.
  test.each(['back.ts', 'hour-mpeg2.ts'])('samplings and resumed reads agree: %s', async name => {
    const { frames } = await readClip(clip(name), { every: 1 })
    for (const sampling of [{ fps: 6 }, { every: 7 }, { frames: 5 }]) {
      const sampled = await readClip(clip(name), sampling)
      expect(sampled.frames).toEqual(sampled.indices.map(index => frames[index]))
      const from = sampled.indices[4]!
      const rest = await readClip(clip(name), { ...sampling, resume: { from, framesRead: 4 } })
      expect(rest.frames).toEqual(sampled.frames.slice(4))
    }
  })

  // Otherwise a camera that skips frames for half a minute would seem to have been set to another time.
  test('a long pause in an MP4 is no jump', async () => {
    const after = "setpts='PTS+gte(N,20)*30/TB'"
    await drawClip(clip('pause.mp4'), { frames: 40, after, encode: ['-vsync', 'vfr', ...h264] })
    const { info, frames } = await readClip(clip('pause.mp4'), { every: 1 })
    expect(info.notes).toEqual([])
    expect(times(frames).slice(19, 22)).toEqual([760, 30800, 30840])
  })
})

describe('mendTimes', () => {
  const mend = (clock: readonly number[], longestGap = 1000) => {
    const { times, mended, jumps } = mendTimes(Float64Array.from(clock), longestGap, 10)
    return { times: [...times], mended, jumps }
  }
  // Otherwise one bad time would spoil the good ones around it.
  test.each([
    ['a good clock', [0, 10, 20, 50, 60], [0, 10, 20, 50, 60], 0, 0],
    ['a repeated time', [0, 10, 10, 30, 40], [0, 10, 20, 30, 40], 1, 0],
    ['a missing time', [0, none, 20, 30], [0, 10, 20, 30], 1, 0],
    ['missing at both ends', [none, none, 20, 30, none], [0, 10, 20, 30, 40], 3, 0],
    ['missing everywhere', [none, none, none], [0, 10, 20], 3, 0],
    ['one time too early', [0, 10, 5, 30, 40], [0, 10, 20, 30, 40], 1, 0],
    ['one time too late', [0, 10, 900, 30, 40], [0, 10, 20, 30, 40], 1, 0],
    ['one time far too late', [0, 10, 9000, 30, 40], [0, 10, 20, 30, 40], 1, 0],
    ['a jump back', [0, 10, 20, 0, 10, 20], [0, 10, 20, 30, 40, 50], 0, 1],
    ['a jump on', [0, 10, 20, 9000, 9010], [0, 10, 20, 30, 40], 0, 1],
    ['there and back', [0, 10, 20, 9000, 9010, 40, 50], [0, 10, 20, 30, 40, 50, 60], 0, 2],
    ['a gap within the limit', [0, 10, 20, 820, 830], [0, 10, 20, 820, 830], 0, 0],
    ['the last time repeated', [0, 10, 20, 20], [0, 10, 20, 30], 1, 0],
    ['a single frame', [7], [7], 0, 0],
    ['no frame', [], [], 0, 0],
  ])('%s', (_, clock, expected, mended, jumps) => {
    expect(mend(clock)).toEqual({ times: expected, mended, jumps })
  })

  // Otherwise some mixture of anomalies would give times that do not ascend, and frames could not be found.
  test('times ascend, whatever the clock', () => {
    let seed = 1
    const random = () => {
      seed = (seed * 48271) % 0x7fffffff
      return seed / 0x7fffffff
    }
    for (let run = 0; run < 300; run++) {
      const clock = range(0, 40).map(i => {
        const kind = random()
        return kind < 0.1 ? none : kind < 0.3 ? Math.floor(random() * 5000) - 2000 : i * 10
      })
      const { times } = mend(clock)
      expect(times).toHaveLength(40)
      for (let i = 1; i < times.length; i++) expect(times[i], clock.join()).toBeGreaterThan(times[i - 1]!)
    }
  })
})

describe('the frame rate', () => {
  const rateOf = (pts: readonly number[], den: number) => {
    const all = Float64Array.from(pts)
    const times = { tick: { num: 1, den }, pts: all, clock: all }
    const { num, den: by } = frameRateOf(
      { ...times, keyframes: new Uint32Array(), exact: true, before: 0 },
      [],
    )
    return num / by
  }
  // Otherwise a header without a rate, gaps or rounded times would give another rate than the usual interval's.
  test.each([
    ['rounded to milliseconds', range(0, 60).map(i => Math.round((i * 1000) / 30)), 1000, 30],
    ['film on video', range(0, 61).map(i => Math.floor(i * 2.5) * 1001), 60_000, 24_000 / 1001],
    ['gaps', range(0, 60).map(i => i * 40 + (i > 20 ? 3000 : 0)), 1000, 25],
    ['late frames', range(0, 60).map(i => i * 2 + (i % 15 === 1 ? 1 : 0)), 50, 25],
    ['a time between two', [...range(0, 20), 19.5, ...range(20, 40)].map(i => i * 40), 1000, 25],
  ])('%s', (_, pts, den, expected) => {
    expect(rateOf(pts, den)).toBeCloseTo(expected, 2)
  })
})

describe('expressions of frames', () => {
  // Otherwise they would exceed the length of an argument after an hour, or select other frames.
  test.each([
    ['every frame', range(0, 100_000)],
    ['every 7th', range(0, 10_000).map(i => i * 7)],
    ['5 a second of 23.976', range(0, 36_000).map(k => Math.ceil((k * 24_000) / 1001 / 5))],
    ['one', [12_345]],
  ])('%s is short', (_, indices) => {
    const text = selectExpression(Uint32Array.from(indices))
    expect(text.length).toBeLessThan(5000)
    expect(text).toContain('st(0,n)')
  })

  // Otherwise an irregular choice would be refused by the system.
  test('an irregular choice is left to the reader', () => {
    let last = 0
    const indices = Uint32Array.from(range(0, 20_000), i => (last += 1 + ((i * i * 7919) % 13)))
    expect(selectExpression(indices)).toBe('1')
  })

  // Otherwise frames after one that a decoder leaves out would be others than the wanted ones.
  test('go by exact times', () => {
    const pts = Float64Array.from(range(0, 100), i => 900 + i * 3600)
    const tick = { num: 1, den: 90_000 }
    const times = { tick, pts, clock: pts, keyframes: new Uint32Array(), exact: true, before: 0 }
    expect(framesExpression(times, Uint32Array.of(3))).toBe('st(0,round((pts-(900))/3600));eq(ld(0),3)')
    const uneven = { ...times, pts: pts.map(time => time + (time > 9000 ? 7200 : 0)) }
    expect(framesExpression(uneven, Uint32Array.of(3))).toBe('eq(pts,18900)')
    const byPlace = { ...times, exact: false, before: 2 }
    expect(framesExpression(byPlace, Uint32Array.of(3))).toBe('st(0,n);eq(ld(0),5)')
  })
})
