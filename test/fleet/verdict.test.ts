import { expect, test } from 'vitest'
import type { Attempt } from '../../dist/fleet/contract.js'
import { Outage } from '../../dist/fleet/outage.js'
import { verdictOn } from '../../dist/fleet/verdict.js'

const attempt = (exit_code: number, more: Partial<Attempt> = {}): Attempt => ({
  ...{ exit_code, host: 'here', started_at: '2026-01-01T00:00:00Z', seconds: 1, core_seconds: 1 },
  ...more,
})
const after = (...codes: number[]) =>
  verdictOn(
    codes.map(code => attempt(code)),
    4,
  )

test.each([
  ['done', [0], 'done'],
  ['done after failures', [5, 137, 0], 'done'],
  ['a wrong option', [2], 'fail'],
  ['a bad video', [3], 'fail'],
  ['an output that failed seven times', [4, 4, 4, 4, 4, 4, 4], 'again'],
  ['an output that failed eight times', [4, 4, 4, 4, 4, 4, 4, 4], 'fail'],
  ['two internal errors', [5, 5], 'again'],
  ['three internal errors', [5, 5, 5], 'fail'],
  ['another process, however often', Array<number>(50).fill(6), 'again'],
  ['memory, both ways, four times', [7, 137, 7, 137], 'fail'],
  ['an interruption after failures', [5, 5, 130], 'hand-back'],
  ['SIGTERM before the program could handle it', [143], 'hand-back'],
  ['one crash of native code', [139], 'again'],
  ['two crashes of native code', [134, 139], 'fail'],
  ['failures of different kinds', [5, 4, 139, 7, 5], 'again'],
])('%s', (_, codes, next) => {
  // Otherwise a bad video would be tried all night, or a good one be given up for a reason that passes.
  expect(after(...codes).next).toBe(next)
})

test('interruptions spend no attempt', () => {
  // Otherwise cheap machines that are taken away often would fail good videos.
  expect(after(5, 130, 130, 143, 130, 5).next).toBe('again')
})

test('an output is waited for longer and longer, up to ten minutes', () => {
  // Otherwise a bucket that is gone would be asked without a pause, by all machines at once.
  const waits = [1, 2, 3, 7].map(count => after(...Array<number>(count).fill(4)))
  expect(waits).toEqual([10, 20, 40, 600].map(afterSeconds => ({ next: 'again', afterSeconds })))
})

test('another process is waited for as long as its lease says', () => {
  // Otherwise a video whose machine was lost would wait longer than needed, or be asked for in vain.
  expect(verdictOn([attempt(6, { retry_after_seconds: 171 })], 4)).toEqual({
    next: 'again',
    afterSeconds: 171,
  })
  expect(after(6)).toEqual({ next: 'again', afterSeconds: 10 })
})

test('out of memory halves the workers', () => {
  // Otherwise the same would happen again.
  expect(after(137)).toEqual({ next: 'again', afterSeconds: 0, workers: 2 })
  expect(verdictOn([attempt(137), attempt(7, { workers: 2 })], 4)).toMatchObject({ workers: 1 })
  expect(verdictOn([attempt(137, { workers: 1 })], 4)).toMatchObject({ workers: 1 })
})

test('outputs that fail one after another pause the machine', () => {
  // Otherwise every video of a weekend would use up its attempts while the bucket is gone.
  const outage = new Outage()
  expect([4, 4, 4, 4, 0, 4, 4].map(code => outage.pauseAfter(code))).toEqual([0, 0, 10, 20, 0, 0, 0])
})

test('videos that fail for good one after another pause the machine', () => {
  // Otherwise a worker with a broken ffmpeg would give up every video of a weekend in a minute.
  const outage = new Outage()
  const pauses = [3, 3, 2, 3, 3, 3, 0, 3].map(code => outage.pauseAfter(code))
  expect(pauses).toEqual([0, 0, 0, 0, 10, 20, 0, 0])
})
