import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exitCode } from '../../dist/common/errors.js'
import { poisonLimit } from '../../dist/runtime/poison.js'
import { Run } from '../../dist/runtime/run.js'
import { Slots } from '../../dist/runtime/slots.js'
import { chain } from '../../dist/runtime/wiring.js'
import { WorkerPool } from '../../dist/runtime/worker-pool.js'
import { type DeadlyOptions, deadly, frames, type Numbered } from '../support/deadly.js'
import { Collecting } from '../support/numbers.js'

let pool: WorkerPool
beforeAll(() => {
  pool = new WorkerPool(2)
})
afterAll(() => pool[Symbol.asyncDispose]())

/** Runs `count` frames through three steps; the second one fails as in `options`. */
async function runWith(options: DeadlyOptions, { lenient = false, count = 30, pixels = 0 } = {}) {
  const warnings: string[] = []
  const run = new Run(pool, new Slots(4, 1), {
    lenient,
    listener: { warned: message => warnings.push(message) },
  })
  const sink = new Collecting<Numbered>()
  const stage = run.through(
    chain(
      deadly<Numbered>('before', { on: [], how: 'exit' }),
      deadly<Numbered>('frail', options),
      deadly<Numbered>('after', { on: [], how: 'exit' }),
    ),
  )
  const ended = await run.into(sink, run.from(frames(count, pixels)).pipe(stage)).then(
    () => undefined,
    (error: unknown) => error,
  )
  return { run, warnings, ended, indices: sink.values.map(({ index }) => index) }
}

const upTo = (count: number, ...without: number[]) =>
  Array.from({ length: count }, (_, i) => i).filter(i => !without.includes(i))

describe.each([
  ['exits', 'exit', 'its worker crashed twice (worker exited with code: 7)'],
  ['throws in a timer', 'timer', 'its worker crashed twice (too late to catch)'],
  ['has an unhandled rejection', 'rejection', 'its worker crashed twice (unhandled)'],
  [
    'fills its heap',
    'heap',
    'its worker crashed twice (Worker terminated due to reaching memory limit: JS heap out of memory)',
  ],
  ['recurses forever', 'recursion', 'Maximum call stack size exceeded'],
  ['throws', 'throw', '5 is invalid'],
] as const)('a step that %s on a frame', (_, how, what) => {
  test('fails the run with the frame and the step', async () => {
    // Otherwise the run would hang, or report no step or the wrong one.
    const { ended, run } = await runWith({ on: [5], how })
    expect(ended).toMatchObject({ exitCode: exitCode.internal, message: `frail failed on frame 5: ${what}` })
    // In any case, the source was not further than the slots allow.
    expect(run.counts.get('frames')?.itemsOut).toBeLessThanOrEqual(5 + run.slots.limit)
  })

  test('a lenient run skips the frame: counted, one warning, all others in order', async () => {
    // Otherwise one frame in a hundred thousand would cost the whole game, or be lost silently.
    const { ended, run, warnings, indices } = await runWith({ on: [5], how }, { lenient: true })
    expect(ended).toBeUndefined()
    expect(indices).toEqual(upTo(30, 5))
    expect(warnings).toEqual([`frail failed on frame 5: ${what}; skipped`])
    expect(run.counts.get('before')).toMatchObject({ itemsIn: 29, itemsOut: 29, dropped: {} })
    expect(run.counts.get('frail')).toMatchObject({ itemsIn: 30, itemsOut: 29, dropped: { poison: 1 } })
    expect(run.counts.get('after')).toMatchObject({ itemsIn: 29, itemsOut: 29, dropped: {} })
    expect(run.slots.live).toBe(0)
    expect(run.finished).toBe(30)
  })
})

test('a worker that crashes once is replaced, and its frame retried', async () => {
  // Otherwise a temporary lack of memory would end a run of hours, or lose the frames of the other worker.
  const lives = new Int32Array(new SharedArrayBuffer(4)).fill(1)
  const { ended, indices, run } = await runWith({ on: [3], how: 'exit', lives })
  expect(ended).toBeUndefined()
  expect(indices).toEqual(upTo(30))
  expect(run.counts.get('frail')).toMatchObject({ itemsIn: 30, itemsOut: 30, dropped: {} })
})

test('both workers may crash at once', async () => {
  // Otherwise no worker would be left for the queued tasks.
  const lives = new Int32Array(new SharedArrayBuffer(16)).fill(1)
  const { ended, indices } = await runWith({ on: [3, 4, 10, 11], how: 'exit', lives })
  expect(ended).toBeUndefined()
  expect(indices).toEqual(upTo(30))
})

test('a frame whose pixels were transferred to the crashed worker is not retried', async () => {
  // Otherwise the second worker would process an empty picture.
  const strict = await runWith({ on: [3], how: 'exit' }, { pixels: 8 })
  expect(strict.ended).toMatchObject({
    message: 'frail failed on frame 3: its worker crashed (worker exited with code: 7)',
  })
  const lenient = await runWith({ on: [3], how: 'exit' }, { pixels: 8, lenient: true })
  expect(lenient.indices).toEqual(upTo(30, 3))
})

test.each(['exit', 'throw'] as const)('a lenient run ends when too many frames fail: %s', async how => {
  // Otherwise a broken step would silently give an empty dataset.
  const many = upTo(poisonLimit + 1).map(i => 2 * i)
  const { ended, warnings, indices } = await runWith({ on: many, how }, { lenient: true, count: 40 })
  expect(ended).toMatchObject({
    exitCode: exitCode.internal,
    message: expect.stringMatching(
      /^frail failed on frame 20: .*; 10 were skipped before it, the most that --lenient allows$/,
    ),
  })
  expect(warnings).toHaveLength(poisonLimit)
  expect(indices.filter(i => i < 20)).toEqual(upTo(20, ...many))
})

test('an error that is not about a frame fails a lenient run too', async () => {
  // Otherwise a model that cannot be loaded would look like ten bad frames.
  const unmade = await runWith({ on: [], how: 'unmade' }, { lenient: true })
  expect(unmade.ended).toMatchObject({ message: 'frail failed on frame 0: no such model' })
  const usage = await runWith({ on: [0], how: 'usage' }, { lenient: true })
  expect(usage.ended).toMatchObject({ exitCode: exitCode.usage })
  expect([...unmade.warnings, ...usage.warnings]).toEqual([])
})
