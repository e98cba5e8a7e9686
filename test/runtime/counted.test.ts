import { expect, test } from 'vitest'
import type { StepContext } from '../../dist/runtime/operator.js'
import { counted, emptyMetrics } from '../../dist/runtime/step-metrics.js'

/** What is counted of one call of a step. */
async function countOf(step: (context: StepContext) => readonly number[]) {
  const metrics = emptyMetrics()
  await counted(metrics, step)
  return metrics
}

test('what a step drops without a reason is counted all the same', async () => {
  // Otherwise players would disappear without a word when an author forgets the reason.
  expect(await countOf(() => [])).toMatchObject({ itemsIn: 1, itemsOut: 0, dropped: { unspecified: 1 } })
  expect(await countOf(() => [1, 2])).toMatchObject({ itemsIn: 1, itemsOut: 2, dropped: {} })
  const dropping = await countOf(context => {
    context.drop('blurred')
    return []
  })
  expect(dropping.dropped).toEqual({ blurred: 1 })
  // A frame without players is not dropped: the step counts them itself.
  const counting = await countOf(context => {
    context.count(0, 0)
    return []
  })
  expect(counting.dropped).toEqual({})
})

test('a step that returns no array fails with a message for its author', async () => {
  // Otherwise it would fail later with a length that cannot be read.
  await expect(countOf(() => undefined as never)).rejects.toThrow('a step must return an array of outputs')
})
