import { expect, test } from 'vitest'
import { dedicated, type Fleet, type Provisioning, simulate } from '../bench/fleet/simulate.js'

/** A frame takes a second on one core, and a start ten. */
const cost = { start: { seconds: 10, coreSeconds: 10 }, frame: { seconds: 1, coreSeconds: 1 } }
const one: Fleet = { machines: 1, cores: 1, parallel: 1, cost, provisioning: dedicated }

test('machines that stay work one video after the other, and nothing is paid twice', () => {
  // Otherwise every figure of the simulation would be wrong from the start.
  const run = simulate([100, 200, 300], one, 1)
  expect(run.seconds).toBeCloseTo(630)
  expect(run.paidCoreSeconds).toBeCloseTo(630)
  expect(run).toMatchObject({
    usefulCoreSeconds: 630,
    repeatedCoreSeconds: 0,
    preemptions: 0,
    tailSeconds: 0,
  })
})

test('the longest video is begun first', () => {
  // Otherwise the tail of a batch would be longer than that of the program.
  const { seconds, tailSeconds } = simulate([90, 90, 190], { ...one, machines: 2 }, 1)
  expect([seconds, tailSeconds]).toEqual([200, 0])
})

test('processes that want more cores than there are slow each other down, and speed up when one ends', () => {
  // Otherwise more processes would seem to gain without end.
  const both = simulate([90, 190], { ...one, parallel: 2 }, 1)
  expect(both.seconds).toBeCloseTo(300)
  const half = { start: { seconds: 10, coreSeconds: 5 }, frame: { seconds: 1, coreSeconds: 0.5 } }
  expect(simulate([90, 190], { ...one, parallel: 2, cost: half }, 1).seconds).toBeCloseTo(200)
})

const spot: Provisioning = {
  preemptionsPerHour: 20,
  killShare: 0,
  graceSeconds: 12,
  bootSeconds: 60,
  replaceSeconds: 180,
  lockSeconds: 180,
  idleSeconds: 300,
}
const games = Array.from({ length: 40 }, (_, i) => 900 + 10 * i)
const onSpot = (provisioning: Partial<Provisioning>) =>
  simulate(games, { ...one, machines: 5, provisioning: { ...spot, ...provisioning } }, 1)

test('a machine that is preempted with notice repeats its start, one that is killed also what no checkpoint has', () => {
  // Otherwise preemptions would cost nothing, or as much as a whole video each.
  const noticed = onSpot({})
  expect(noticed.preemptions).toBeGreaterThan(20)
  expect(noticed.repeatedCoreSeconds / noticed.preemptions).toBeLessThanOrEqual(16) // the start, six frames
  const killed = onSpot({ killShare: 1 })
  expect(killed.repeatedCoreSeconds / killed.preemptions).toBeGreaterThan(16)
  expect(killed.repeatedCoreSeconds / killed.preemptions).toBeLessThanOrEqual(210) // the start, a checkpoint's frames
})

test('what is paid covers the work, its repetition, and no more than machines that start, hand back and wait', () => {
  // Otherwise the core-hours of the table would leave something out, or count it twice.
  for (const killShare of [0, 0.5, 1]) {
    const { paidCoreSeconds, usefulCoreSeconds, repeatedCoreSeconds, preemptions } = onSpot({ killShare })
    const worked = usefulCoreSeconds + repeatedCoreSeconds
    const starts = (5 + preemptions) * spot.bootSeconds + preemptions * spot.graceSeconds
    expect(paidCoreSeconds).toBeGreaterThan(worked)
    // A machine may wait for work more than once, and longer while it is needed.
    expect(paidCoreSeconds).toBeLessThan(worked + starts + (5 + preemptions) * spot.idleSeconds)
  }
})

test('the same seed gives the same run, another one other preemptions', () => {
  // Otherwise the table could not be made again.
  const fleet = { ...one, machines: 5, provisioning: spot }
  expect(simulate(games, fleet, 7)).toEqual(simulate(games, fleet, 7))
  expect(simulate(games, fleet, 7)).not.toEqual(simulate(games, fleet, 8))
})
