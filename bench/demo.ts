import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { settings } from '../dist/graph.js'
import { flagOf } from '../dist/settings/configure.js'
import { sampleMatch } from './sample/reuse.js'
import { sampleDefaults } from './sample/sample.js'
import { scoreRun } from './score/dataset.js'

// npm run demo: draws the sample match, runs cropstream on it and scores the dataset against the ground truth.
// Unknown options are passed to cropstream.

const program = new Command('demo')
  .option('--seconds <number>', 'length of the match', Number, sampleDefaults.seconds)
  .option('--out <folder>', 'folder of the dataset', settings.out.default)
  .allowUnknownOption()
  .allowExcessArguments()
const { seconds, out } = program.parse().opts<{ seconds: number; out: string }>()
const match = await sampleMatch(seconds)
const runGuid = randomUUID()
const graph = fileURLToPath(new URL('../dist/graph.js', import.meta.url))
const args = [match.video, '--out', out, flagOf('runGuid'), runGuid, flagOf('report'), ...program.args]
console.log(`node ${relative('.', graph)} ${args.join(' ')}`)
const code = await new Promise<number | null>(resolve => {
  spawn(process.execPath, [graph, ...args], { stdio: 'inherit' }).once('close', resolve)
})
if (code !== 0) process.exit(code ?? 1)

const run = join(out, settings.tenant.default, 'user/process', settings.pipeline.default, `run_${runGuid}`)
const [video = ''] = await readdir(run)
const root = join(run, video)
const { dataset_sha256 } = JSON.parse(await readFile(join(root, 'manifest.json'), 'utf8'))
const score = await scoreRun(root, match.truth)
const rounded = (value: number) => value.toFixed(3)
console.log(
  `against the truth: recall ${rounded(score.recall)}, precision ${rounded(score.precision)} at IoU 0.5, ` +
    `IDF1 ${rounded(score.idf1)}, foreground-mask IoU ${rounded(score.maskIou)} over ${score.crops} crops`,
)
console.log(`dataset ${dataset_sha256.slice(0, 12)} is in ${root}`)
