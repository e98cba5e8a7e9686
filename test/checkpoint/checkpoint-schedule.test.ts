import { expect, test } from 'vitest'
import { byWork, everyFrames } from '../../dist/checkpoint/checkpoint-schedule.js'

/** Seconds at which checkpoints are written when frames are finished at an even rate. */
function writtenAt(framesExpected: number, framesPerSecond: number): number[] {
  let seconds = 0
  const isDue = byWork(framesExpected, () => 1000 * seconds)
  const written: number[] = []
  let since = 0
  for (let frame = 1; frame <= framesExpected; frame++) {
    seconds = frame / framesPerSecond
    since++
    if (!isDue(since)) continue
    written.push(seconds)
    since = 0
  }
  return written
}

test('a checkpoint is written about once a minute', () => {
  // Otherwise a crash would cost more work than a user expects.
  expect(writtenAt(1200, 2)).toEqual([60, 120, 180, 240, 300, 360, 420, 480, 540, 600])
})

test('frames do not wait for it by the thousand', () => {
  // Otherwise a fast machine would keep what it found of a whole game in memory.
  expect(writtenAt(4800, 20)).toHaveLength(4800 / 200)
})

test('a video has at most 40, however long and slow it is', () => {
  // Otherwise a game of 90 minutes would cost hundreds of requests to a bucket.
  expect(writtenAt(27_000, 1).length).toBeLessThanOrEqual(40)
  expect(writtenAt(27_000, 1).length).toBeGreaterThan(30)
})

test('frames decide where the user asks for it', () => {
  // Otherwise --checkpoint-frames would do nothing.
  expect([1, 2, 3, 4].map(everyFrames(3))).toEqual([false, false, true, true])
})
