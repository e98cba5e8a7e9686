import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { described, shapes, type Trial, Trials } from './support/crash/trial.js'
import type { Emulator } from './support/gcs/emulator.js'
import { describeWithEmulator } from './support/gcs/suite.js'
import { smallVideo } from './support/matches.js'

// `npm run crash` runs any number of trials.
let folder: string
let video: string
let trials: Trials
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cropstream-crash-test-'))
  video = await smallVideo()
  trials = await Trials.of(video, undefined)
})
afterAll(async () => {
  await trials[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const inFolder = shapes.filter(({ bucket }) => !bucket)
const inBucket = shapes.filter(({ bucket }) => bucket)

async function runTrials(trials: Trials, shape: (typeof shapes)[number], from: number, kills: number) {
  const done: Trial[] = []
  for (let seed = from; done.reduce((sum, trial) => sum + trial.kills.length, 0) < kills; seed++) {
    done.push(await trials.run(seed, shape, 6))
  }
  for (const trial of done) expect(trial.violations, described(trial)).toEqual([])
}

test.each(inFolder.slice(0, 2))(
  'a run of $name makes the same dataset after 5 kills, and leaves nothing behind',
  async shape => {
    // Otherwise the loss of a machine would lose the work on a game, or leave a wrong dataset.
    await runTrials(trials, shape, 1, 5)
  },
)

await describeWithEmulator('a bucket', (emulator: Emulator) => {
  let trials: Trials
  beforeAll(async () => {
    trials = await Trials.of(video, emulator)
  })
  afterAll(() => trials[Symbol.asyncDispose]())

  test.each(inBucket.slice(0, 2))(
    'a run of $name makes the same dataset after 5 kills, and leaves nothing behind',
    async shape => {
      // The same as above; in a bucket, a request that was sent cannot be cancelled.
      await runTrials(trials, shape, 1, 5)
    },
  )

  test('with storage faults and kills, nothing is lost and nothing is written twice', async () => {
    // Otherwise the combination of a crash and a storage fault could lose images.
    const trial = await trials.run(3, inBucket[0]!, 3, { rate: 0.2, perObject: 1 })
    expect(trial.violations, described(trial)).toEqual([])
    expect(trial.faults).toBeGreaterThan(0)
  })
})
