import { chmod, writeFile } from 'node:fs/promises'
import { beforeAll, expect, test } from 'vitest'
import { UsageError } from '../../dist/common/errors.js'
import { withHardware } from '../../dist/sources/hwaccel.js'
import { probe, type VideoInfo } from '../../dist/sources/probe.js'
import { videoFrames } from '../../dist/sources/video.js'
import { binaries, clipFolder, drawClip, probeClip, readAll } from '../support/clips.js'

const clip = clipFolder()

beforeAll(() => drawClip(clip('clip.mp4')))

/** The clip with an ffmpeg that decodes by "hardware": in software, and then adds some levels. */
async function withDevice(levels: number): Promise<VideoInfo> {
  const program = clip(`ffmpeg-${levels}`)
  await writeFile(
    program,
    `#!/bin/sh
    left=$#
    while [ $left -gt 0 ]; do
      word=$1; shift; left=$((left - 1))
      if [ "$word" = -hwaccel ]; then
        echo "[info] Using auto hwaccel type fake with new default device." >&2
        shift; left=$((left - 1)); device=1
        continue
      fi
      [ -n "$device" ] && word=$(printf %s "$word" | sed 's/setpts=N/setpts=N,lutyuv=y=val+${levels}/')
      set -- "$@" "$word"
    done
    exec ${binaries.ffmpeg} "$@"`,
  )
  await chmod(program, 0o755)
  return probe(clip('clip.mp4'), { ...binaries, ffmpeg: program })
}

const none = (message: string) => expect.unreachable(message)

test.each(['fake', 'auto'])(
  '--hwaccel %s reads by hardware that gives the frames of software',
  async name => {
    // Otherwise the option would have no effect.
    const found = await withHardware(await withDevice(1), name, none)
    const frames = await readAll(videoFrames(found, { every: 10 }))
    const software = await readAll(videoFrames(await probeClip(clip('clip.mp4')), { every: 10 }))
    expect(frames.map(({ index }) => index)).toEqual(software.map(({ index }) => index))
    expect(frames[0]?.sha256).not.toBe(software[0]?.sha256)
  },
)

// Otherwise a dataset would have wrong pictures, because of a driver.
test('hardware that gives other pictures is refused', async () => {
  const failure = withHardware(await withDevice(2), 'fake', none)
  await expect(failure).rejects.toThrow(UsageError)
  await expect(failure).rejects.toThrow(/with --hwaccel fake: frame 0 differs .* by 2 levels; leave it out/)
})

// Otherwise a run would be slow although the user asked for a device, or fail without a remedy.
test('hardware that ffmpeg does not have is refused', async () => {
  const failure = withHardware(await probeClip(clip('clip.mp4')), 'quantum', none)
  await expect(failure).rejects.toThrow(
    /with --hwaccel quantum: Unrecognized hwaccel: quantum.*; leave it out/,
  )
})

// Otherwise auto would fail where it should do without, or hide that it does.
test('auto goes on in software where the hardware is wrong, and says so', async () => {
  const info = await withDevice(2)
  const warnings: string[] = []
  expect(await withHardware(info, 'auto', message => warnings.push(message))).toBe(info)
  expect(warnings).toEqual([
    expect.stringMatching(/^--hwaccel auto: the video is decoded in software \(frame 0/),
  ])
})
