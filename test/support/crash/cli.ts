import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { drawSample } from '../../../bench/sample/sample.js'
import { startEmulator } from '../gcs/emulator.js'
import { smallSize } from '../small-match.js'
import { described, shapes, Trials } from './trial.js'

const program = new Command('crash')
  .description('Kills runs at pseudorandom moments, resumes them, and compares the results.')
  .option('--count <number>', 'total number of kills', Number, 200)
  .option('--seed <number>', 'seed of the first trial; it is incremented for each trial', Number, 1)
  .option('--faults', 'inject storage faults as well; only runs into a bucket', false)
  .option('--minutes <number>', 'start no trial after this time', Number, Number.POSITIVE_INFINITY)
  .parse()
const { count, seed, faults, minutes } = program.opts<{
  count: number
  seed: number
  faults: boolean
  minutes: number
}>()

const folder = await mkdtemp(join(tmpdir(), 'cropstream-crash-video-'))
await using emulator = await startEmulator()
if (emulator === undefined) console.warn('no storage emulator available: trials in a bucket are skipped')
const { video } = await drawSample({ ...smallSize, out: folder })
await using trials = await Trials.of(video, emulator)
const possible = shapes.filter(({ bucket }) => (emulator !== undefined || !bucket) && (bucket || !faults))
const start = performance.now()
const hits = new Map<string, number>()
let [trialsMade, kills, violations, injected] = [0, 0, 0, 0]
for (let i = 0; kills < count && performance.now() - start < minutes * 60_000; i++) {
  const plan = faults ? { rate: 0.2, perObject: 1 } : undefined
  const trial = await trials.run(seed + i, possible[(seed + i) % possible.length]!, 3, plan)
  trialsMade++
  for (const { stage } of trial.kills) hits.set(stage, (hits.get(stage) ?? 0) + 1)
  kills += trial.kills.length
  violations += trial.violations.length
  injected += trial.faults
  console.log(described(trial))
}
console.log(`${trialsMade} runs, ${kills} kills, ${injected} faults, ${violations} violations`)
console.log([...hits].map(([stage, times]) => `${stage} ${times}`).join(', '))
await rm(folder, { recursive: true })
process.exitCode = violations === 0 ? 0 : 1
