import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Final, MainOperator } from '../../dist/runtime/operator.js'
import { Run } from '../../dist/runtime/run.js'
import type { ResumePoint } from '../../dist/runtime/run-options.js'
import { Slots } from '../../dist/runtime/slots.js'
import { chain } from '../../dist/runtime/wiring.js'
import { WorkerPool } from '../../dist/runtime/worker-pool.js'
import { Collecting, Counting, numbers } from '../support/numbers.js'

let pool: WorkerPool
beforeAll(() => {
  pool = new WorkerPool(2)
})
afterAll(() => pool[Symbol.asyncDispose]())

/** Outputs the sum of all numbers so far; fails on the number `fail`. */
const sum = (fail = -1): MainOperator<'sum', number, number> => ({
  name: 'sum',
  make: () => {
    let total = 0
    return {
      step(value) {
        if (value === fail) throw new RangeError('too much')
        total += value
        return [total]
      },
      snapshot: () => ({ total }),
      restore: state => {
        total = (state as { total: number }).total
      },
    }
  },
})

test('a stateful step gets every value once, in order, between worker steps', async () => {
  // Otherwise a tracker would see time run backwards.
  const run = new Run(pool, new Slots(4, 1))
  const sink = new Collecting<number>()
  const graph = chain(numbers('before', { times: 2 }), sum(), numbers('after'))
  await run.into(sink, run.from(new Counting(3)).pipe(run.through(graph)))
  // Running sums of 1, 1, 2, 2, 3, 3, each plus one.
  expect(sink.values).toEqual([2, 3, 5, 7, 10, 13])
  expect([...run.counts.keys()]).toEqual(['numbers', 'before', 'sum', 'after', 'collect'])
})

test('its state is reported after each value of the source, and a resumed run continues from it', async () => {
  // Otherwise a resumed run would give players other ids from there on.
  const states = new Map<number, unknown>()
  const listener = {
    stateChanged: (_: string, state: unknown, { index }: { index: number }) => void states.set(index, state),
  }
  const whole = new Collecting<number>()
  const run = new Run(pool, new Slots(4, 1), { listener })
  await run.into(whole, run.from(new Counting(6)).pipe(run.through(chain(sum()))))
  expect(states.get(3)).toEqual({ total: 6 })
  // Values below 4 were already counted; those from 2 on are replayed.
  const resume: ResumePoint = {
    next: 4,
    finished: 4,
    counts: new Map(),
    states: { sum: states.get(3) },
    replayStates: { sum: states.get(1) },
  }
  const resumed = new Run(pool, new Slots(4, 1), { resume })
  const rest = new Collecting<number>()
  await resumed.into(rest, resumed.from(new Counting(6, 2)).pipe(resumed.through(chain(sum()))))
  expect(rest.values).toEqual(whole.values.slice(2))
  expect(resumed.counts.get('sum')).toMatchObject({ itemsIn: 2, itemsOut: 2 })
  expect(resumed.finished).toBe(6)
})

test('when a stateful step fails, the error names it and the value', async () => {
  // Otherwise a defect of a tracker would be a message without a frame.
  const run = new Run(pool, new Slots(4, 1))
  const failed = run.into(new Collecting(), run.from(new Counting(9)).pipe(run.through(chain(sum(5)))))
  await expect(failed).rejects.toThrow('sum failed on item 5: too much')
})

test('a stage can have many operators and needs one hand-off', async () => {
  // Otherwise the ninth step of a graph would not compile, or cost another hand-off.
  const names = Array.from({ length: 12 }, (_, i) => `step-${i}`)
  let handoffs = 0
  const counting = new Proxy(pool, {
    get(target, key) {
      if (key === 'run') handoffs++
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const run = new Run(counting, new Slots(4, 1))
  const sink = new Collecting<number>()
  const stage = run.through(chain(...names.map(name => numbers(name))))
  await run.into(sink as Collecting<unknown>, run.from(new Counting(3)).pipe(stage as never))
  expect(sink.values).toEqual([12, 13, 14])
  expect(handoffs).toBe(3)
})

test('final values bypass the remaining steps', async () => {
  // Otherwise an image would be cropped again.
  const done: MainOperator<'done', number, Final & { readonly of: number }> = {
    name: 'done',
    make: () => ({ step: of => [{ final: true, of }], snapshot: () => ({}), restore: () => {} }),
  }
  const run = new Run(pool, new Slots(4, 1))
  const sink = new Collecting<unknown>()
  const graph = chain(done, numbers('after'))
  await run.into(sink, run.from(new Counting(2)).pipe(run.through(graph)))
  expect(sink.values).toEqual([
    { final: true, of: 0 },
    { final: true, of: 1 },
  ])
  expect(run.counts.get('after')).toMatchObject({ itemsIn: 0 })
})

test.each<[string, unknown, string]>([
  ['a map', new Map([[1, 2]]), 'plain JSON'],
  ['a typed array', new Uint8Array(2), 'plain JSON'],
  ['not a number', { last: Number.NaN }, 'plain JSON'],
])('a snapshot that is %s is refused at once', async (_, state, message) => {
  // Otherwise a run would find out when it is resumed, and could never be.
  const step: MainOperator<'keeper', number, number> = {
    name: 'keeper',
    make: () => ({ step: value => [value], snapshot: () => state, restore: () => {} }),
  }
  const run = new Run(pool, new Slots(4, 1), { listener: { stateChanged: () => {} } })
  const failed = run.into(new Collecting(), run.from(new Counting(2)).pipe(run.through(chain(step))))
  await expect(failed).rejects.toThrow(new RegExp(`^keeper cannot be kept: .*${message}`))
})

test('a step that returns what no worker can be sent is named by the step behind it', async () => {
  // Otherwise the log would tell of a worker that crashed.
  const step: MainOperator<'giver', number, () => void> = {
    name: 'giver',
    make: () => ({ step: () => [() => {}], snapshot: () => ({}), restore: () => {} }),
  }
  const run = new Run(pool, new Slots(4, 1))
  const graph = chain(step, numbers('taker') as never)
  const failed = run.into(new Collecting(), run.from(new Counting(2)).pipe(run.through(graph)))
  await expect(failed).rejects.toThrow(/^taker cannot receive the output of the step before it on item 0: /)
})

test('two steps of one name are refused', () => {
  // Otherwise their counts and their memories would be mixed.
  const run = new Run(pool, new Slots(4, 1))
  expect(() => run.through(chain(numbers('twin'), numbers('twin')))).toThrow(/'twin' twice/)
})
