import { afterAll, beforeAll, expect, test } from 'vitest'
import { CropstreamError } from '../../dist/common/errors.js'
import { Run } from '../../dist/runtime/run.js'
import { Slots } from '../../dist/runtime/slots.js'
import { chain } from '../../dist/runtime/wiring.js'
import { WorkerPool } from '../../dist/runtime/worker-pool.js'
import { Collecting, Counting, numbers } from '../support/numbers.js'

let pool: WorkerPool
beforeAll(() => {
  pool = new WorkerPool(2)
})
afterAll(() => pool[Symbol.asyncDispose]())

const runOf = (slots = 4, signal?: AbortSignal) => new Run(pool, new Slots(slots, 1), { signal })

test('keeps the order of the source, whatever the order in which workers finish', async () => {
  // Otherwise tracking would see time run backwards, and runs would not be reproducible.
  const run = runOf()
  const sink = new Collecting<number>()
  await run.into(sink, run.from(new Counting(200)).pipe(run.through(chain(numbers('order')))))
  expect(sink.values).toEqual(Array.from({ length: 200 }, (_, i) => i + 1))
  expect(run.slots.live).toBe(0)
  expect(run.finished).toBe(200)
})

test('the listener is called in source order, while the slot is still held', async () => {
  // Otherwise a report would show players as out of sight whenever one worker was faster than the other.
  const late = new Int32Array(new SharedArrayBuffer(4))
  const calls: unknown[] = []
  const run: Run = new Run(pool, new Slots(4, 1), {
    listener: {
      stepRan: (step, { itemsIn }, { index }) => {
        if (step === 'late') calls.push([index, itemsIn, run.finished])
      },
    },
  })
  await run.into(
    new Collecting<number>(),
    run.from(new Counting(3)).pipe(run.through(chain(numbers('late', { late })))),
  )
  expect(calls).toEqual([
    [0, 1, 0],
    [1, 1, expect.any(Number)],
    [2, 1, expect.any(Number)],
  ])
})

test('zero, one and many outputs pass through several operators in one hand-off', async () => {
  // Otherwise a frame without players would stall, or one with many would lose some.
  const run = runOf()
  const sink = new Collecting<number>()
  const stage = run.through(chain(numbers('many', { times: 3, drop: 1 }), numbers('then')))
  await run.into(sink, run.from(new Counting(3)).pipe(stage))
  expect(sink.values).toEqual([2, 2, 2, 4, 4, 4])
  expect(run.counts.get('many')).toMatchObject({ itemsIn: 3, itemsOut: 6, dropped: { unwanted: 1 } })
  expect(run.counts.get('then')).toMatchObject({ itemsIn: 6, itemsOut: 6 })
  expect(run.slots.live).toBe(0)
})

test('one pool serves several runs with different options', async () => {
  // Otherwise a second video would be processed with the options, or the model, of the first.
  const lengths: number[] = []
  for (const times of [1, 3]) {
    const run = runOf()
    const sink = new Collecting<number>()
    await run.into(sink, run.from(new Counting(2)).pipe(run.through(chain(numbers('same', { times })))))
    lengths.push(sink.values.length)
  }
  expect(lengths).toEqual([2, 6])
})

test('a slow sink stops the source when the slots are used up', async () => {
  // Otherwise frames would pile up in front of a slow step.
  const run = runOf(3)
  const source = new Counting(50)
  const mostAtOnce: number[] = []
  const sink = new Collecting<number>(async () => {
    mostAtOnce.push(source.given - run.finished)
    await new Promise(resolve => setImmediate(resolve))
  })
  await run.into(sink, run.from(source).pipe(run.through(chain(numbers('fast', { times: 2 })))))
  expect(sink.values).toHaveLength(100)
  expect(Math.max(...mostAtOnce)).toBe(3)
  expect(run.slots.highWater).toBe(3)
})

test('the error of a failing step names the step and the value, and nothing keeps running', async () => {
  // Otherwise a defect would surface as an unhandled rejection, or leave a running source.
  const run = runOf()
  const source = new Counting(1000)
  const failed = run.into(
    new Collecting<number>(),
    run.from(source).pipe(run.through(chain(numbers('picky', { fail: 5 })))),
  )
  await expect(failed).rejects.toThrow(/^picky failed on item 5: 5 is too much$/)
  await expect(failed).rejects.toBeInstanceOf(CropstreamError)
  expect(source.running).toBe(false)
})

test('a failing sink ends the run with its own error', async () => {
  // Otherwise a full disk would be reported as something else, or not at all.
  const run = runOf()
  const source = new Counting(1000)
  const sink = new Collecting<number>(() => Promise.reject(new Error('the disk is full')))
  await expect(run.into(sink, run.from(source).pipe(run.through(chain(numbers('x')))))).rejects.toThrow(
    'the disk is full',
  )
  expect(source.running).toBe(false)
})

test('a worker that crashes fails the run with an error that names the step and the value', async () => {
  // Otherwise the run would wait forever for its result.
  await using single = new WorkerPool(1)
  const run = new Run(single, new Slots(2, 1))
  const failed = run.into(
    new Collecting<number>(),
    run.from(new Counting(9)).pipe(run.through(chain(numbers('frail', { die: 3 })))),
  )
  await expect(failed).rejects.toThrow(/^frail failed on item 3: its worker crashed twice/)
})

test('after an abort, it finishes the values already read and reads no more', async () => {
  // Otherwise Ctrl-C would lose finished work, or have no effect.
  const stop = new AbortController()
  const run = runOf(2, stop.signal)
  const source = new Counting(1000)
  const sink = new Collecting<number>(async () => {
    if (source.given >= 10) stop.abort()
  })
  await run.into(sink, run.from(source).pipe(run.through(chain(numbers('y')))))
  expect(sink.values.length).toBe(source.given)
  expect(source.given).toBeLessThan(20)
  expect(run.slots.live).toBe(0)
})

test('of the tasks that wait for a worker, one of an earlier value goes first', async () => {
  // Otherwise the first image would wait for the detection in all frames that were read after its own.
  await using single = new WorkerPool(1)
  const done: number[] = []
  const tasks = [7, 5, 2, 9].map(async index => {
    await single.run('ordered', [numbers('ordered')], [index], `item ${index}`, index)
    done.push(index)
  })
  await Promise.all(tasks)
  expect(done.indexOf(2)).toBeLessThan(done.indexOf(5))
  expect(done.at(-1)).toBe(9)
})
