import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { drawBaseClips } from './support/hostile/base-clips.js'
import { fuzz, type Trial } from './support/hostile/fuzz.js'

/**
 * Reads thousands of broken videos and prints the outcomes: `npm run fuzz -- --count 1000 --seed 1`.
 * `--from 417 --count 1` repeats a single one, for example that of a violation. Exits with 1 after a violation.
 */
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    verbose: { type: 'boolean', default: false },
  },
})
const [seed, from, count] = [Number(values.seed), Number(values.from), Number(values.count)]

const folder = await mkdtemp(join(tmpdir(), 'cropstream-fuzz-'))
try {
  const clips = await drawBaseClips(folder)
  let done = 0
  const onTrial = (trial: Trial) => {
    done++
    if (trial.violation !== undefined || values.verbose) {
      const { number, name, outcome, message, violation, ms } = trial
      console.log(`#${number} ${name}: ${violation ?? `${outcome} ${message}`} (${Math.round(ms)} ms)`)
      if (violation !== undefined)
        console.log(`  again: npm run fuzz -- --seed ${seed} --from ${number} --count 1`)
    }
    if (done % 100 === 0) console.log(`${done} of ${count}`)
  }
  const trials = await fuzz({ clips, seed, from, count, folder, onTrial })
  summarise(trials)
  if (trials.some(({ violation }) => violation !== undefined)) process.exitCode = 1
} finally {
  await rm(folder, { recursive: true, force: true })
}

function summarise(trials: readonly Trial[]): void {
  const kinds = new Map<string, number>()
  for (const { outcome, message } of trials) {
    const kind = `${outcome} ${message.replace(/\d+/g, 'N')}`.trim()
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  }
  for (const [kind, times] of [...kinds].sort(([, a], [, b]) => b - a)) console.log(`${times}\t${kind}`)
  const most = (of: (trial: Trial) => number) => Math.max(...trials.map(of))
  const megabytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`
  console.log(
    [
      `${trials.length} broken videos`,
      `${trials.filter(({ violation }) => violation !== undefined).length} violations`,
      `slowest ${Math.round(most(({ ms }) => ms))} ms`,
      `reader up to ${megabytes(most(({ peakBytes }) => peakBytes.reader))}`,
      `ffmpeg up to ${megabytes(most(({ peakBytes }) => peakBytes.ffmpeg))}`,
    ].join(', '),
  )
}
