import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { exitCode } from '../dist/common/errors.js'
import { clipFolder, drawClip } from './support/clips.js'
import { runStepped } from './support/stepped-program.js'

const folder = clipFolder()

/** Runs the program on a clip of twenty frames, with a step that crashes its worker on frame 10. */
async function runDeadly(...options: string[]) {
  const clip = await drawClip(folder('clip.mp4'), { size: '320x180', frames: 20 })
  const step = { name: 'deadly', module: './deadly.mjs', options: { on: [10], how: 'exit' } }
  return runStepped(step, clip, '--out', folder('out'), '--every', '2', ...options)
}

test('a frame that crashes its worker ends the program with a one-line error', async () => {
  // Otherwise a user would see a stack trace, or a program that waits forever.
  const { code, lines } = await runDeadly()
  expect(code).toBe(exitCode.internal)
  expect(lines.at(-1)).toMatchObject({
    msg: 'deadly failed on frame 10: its worker crashed twice (worker exited with code: 7)',
  })
})

test('with --lenient the dataset is published without the frame, and the manifest counts it', async () => {
  // Otherwise a defect on one frame would cost all others, or the missing frame would not be visible.
  const { code, lines } = await runDeadly('--lenient', '--run-guid', 'r')
  expect(code).toBe(exitCode.ok)
  const { root } = lines.at(-1) as { root: string }
  const manifest = JSON.parse(await readFile(`${root}/manifest.json`, 'utf8'))
  expect(manifest.steps).toMatchObject({
    video: { out: 10 },
    deadly: { in: 10, out: 9, dropped: { poison: 1 } },
    crop: { in: 18, out: 18 },
  })
  const detections: { frame_index: number }[] = JSON.parse(await readFile(`${root}/detections.json`, 'utf8'))
  expect(detections.map(({ frame_index }) => frame_index)).toEqual([0, 2, 4, 6, 8, 12, 14, 16, 18])
})
