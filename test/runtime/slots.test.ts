import { expect, test } from 'vitest'
import { Slots } from '../../dist/runtime/slots.js'

test('gives no slot beyond the limit until one is released', async () => {
  // Otherwise a slow step would make memory grow.
  const slots = new Slots(2, 8)
  const first = await slots.take()
  await slots.take()
  let third = false
  const waiting = slots.take().then(() => {
    third = true
  })
  await Promise.resolve()
  expect(third).toBe(false)
  expect(slots.live).toBe(2)
  first.lease.release()
  await expect(first.lease.released).resolves.toBeUndefined()
  await waiting
  expect(slots.live).toBe(2)
  expect(slots.highWater).toBe(2)
})

test('refuses to release a slot twice', async () => {
  // Otherwise two frames would share one slot, and pictures would be mixed silently.
  const slots = new Slots(1, 8)
  const { lease } = await slots.take()
  lease.release()
  expect(() => lease.release()).toThrow(/released twice/)
})

test('a wait for a slot ends on abort and leaks no slot', async () => {
  // Otherwise an interrupted run would hang, or lose a slot.
  const slots = new Slots(1, 8)
  const { lease } = await slots.take()
  const stop = new AbortController()
  const waiting = slots.take(stop.signal)
  stop.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
  lease.release()
  expect(slots.live).toBe(0)
})

test('slots do not overlap', async () => {
  // Otherwise one frame would overwrite the next.
  const slots = new Slots(2, 4)
  const [a, b] = [await slots.take(), await slots.take()]
  a.bytes.fill(1)
  b.bytes.fill(2)
  expect([...a.bytes]).toEqual([1, 1, 1, 1])
})
