import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { drawSmallMatch } from './support/crash/clip.js'
import { shapes, type Trial, Trials, told } from './support/crash/trial.js'
import type { Emulator } from './support/gcs/emulator.js'
import { describeWithEmulator } from './support/gcs/suite.js'

// `npm run kill` does the same as often as one likes.
let folder: string
let video: string
let trials: Trials
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cropstream-kill-test-'))
  video = await drawSmallMatch(folder)
  trials = await Trials.of(video, undefined)
})
afterAll(async () => {
  await trials[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const inFolder = shapes.filter(({ bucket }) => !bucket)
const inBucket = shapes.filter(({ bucket }) => bucket)

async function killed(trials: Trials, shape: (typeof shapes)[number], from: number, kills: number) {
  const done: Trial[] = []
  for (let seed = from; done.reduce((sum, trial) => sum + trial.kills.length, 0) < kills; seed++) {
    done.push(await trials.run(seed, shape, 6))
  }
  for (const trial of done) expect(trial.violations, told(trial)).toEqual([])
}

test.each(inFolder.slice(0, 2))(
  'a run of $name is the same after 5 kills, and leaves nothing',
  async shape => {
    // Otherwise a machine that is taken away in the night would cost the game, or leave a dataset that is wrong.
    await killed(trials, shape, 1, 5)
  },
)

await describeWithEmulator('a bucket', (emulator: Emulator) => {
  let trials: Trials
  beforeAll(async () => {
    trials = await Trials.of(video, emulator)
  })
  afterAll(() => trials[Symbol.asyncDispose]())

  test.each(inBucket.slice(0, 2))(
    'a run of $name is the same after 5 kills, and leaves nothing',
    async shape => {
      // As above, where what was sent cannot be taken back.
      await killed(trials, shape, 1, 5)
    },
  )

  test('with faults of the storage as well, nothing is lost and nothing is doubled', async () => {
    // Otherwise it would depend on which of two misfortunes comes first.
    const trial = await trials.run(3, inBucket[0]!, 3, { rate: 0.2, perObject: 1 })
    expect(trial.violations, told(trial)).toEqual([])
    expect(trial.faults).toBeGreaterThan(0)
  })
})
