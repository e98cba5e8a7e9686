import { afterAll, beforeAll, expect, test } from 'vitest'
import { exitCode } from '../../dist/common/errors.js'
import type { WorkerOperator } from '../../dist/runtime/operator.js'
import { Run } from '../../dist/runtime/run.js'
import { Slots } from '../../dist/runtime/slots.js'
import { chain } from '../../dist/runtime/wiring.js'
import { WorkerPool } from '../../dist/runtime/worker-pool.js'
import { deadly, frames, type Numbered } from '../support/deadly.js'
import { Collecting } from '../support/numbers.js'

let pool: WorkerPool
beforeAll(() => {
  pool = new WorkerPool(1)
})
afterAll(() => pool[Symbol.asyncDispose]())

interface Returned {
  readonly index: number
  readonly memory: Uint8Array
  readonly nested: readonly { readonly memory: Uint8Array }[]
}

const returning = (kind: string): WorkerOperator<'returning', Numbered, Returned> => ({
  name: 'returning',
  module: new URL('../support/returning.mjs', import.meta.url).href,
  options: { kind },
})

/** Sends three frames through a step that returns some kind of memory, and then through another worker step. */
async function returned(kind: string): Promise<readonly Returned[]> {
  const run = new Run(pool, new Slots(2, 1))
  const sink = new Collecting<Returned>()
  const there = run.through(chain(returning(kind)))
  const back = run.through(chain(deadly<Returned>('as-it-is', { on: [], how: 'exit' })))
  await run.into(sink, run.from(frames(3)).pipe(there, back))
  return sink.values
}

test.each(['plain', 'view', 'pooled', 'shared', 'marked', 'wasm', 'native'])(
  '%s memory is complete after several transfers between threads',
  async kind => {
    // Otherwise no image would be written on a Node version that cannot transfer the memory of a native library.
    const values = await returned(kind)
    expect(values.map(({ index }) => index)).toEqual([0, 1, 2])
    for (const { memory, nested } of values) {
      expect([...memory.subarray(0, 4)]).toEqual([1, 2, 3, 4])
      expect([...(nested[0]?.memory.subarray(0, 4) ?? [])]).toEqual([1, 2, 3, 4])
    }
  },
)

test.each(['function', 'promise'])(
  'a step that returns a %s fails with its name and the reason',
  async kind => {
    // Otherwise the error would be a crashed worker without a reason.
    await expect(returned(kind)).rejects.toMatchObject({
      exitCode: exitCode.internal,
      message: expect.stringMatching(
        /^returning failed on frame 0: its output cannot be sent to another thread: .*could not be cloned/,
      ),
    })
  },
)
