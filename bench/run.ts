import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { thisMachine } from './harness/machine.js'
import type { Question } from './harness/question.js'
import { formatAnswer, writeResults } from './harness/results.js'
import { baselines } from './questions/baselines.js'
import { detector } from './questions/detector.js'
import { device } from './questions/device.js'
import { exporting } from './questions/export.js'
import { fleet } from './questions/fleet.js'
import { footage } from './questions/footage.js'
import { handoff } from './questions/handoff.js'
import { identities } from './questions/identities.js'
import { memory } from './questions/memory.js'
import { peer } from './questions/peer.js'
import { queue } from './questions/queue.js'
import { roofline } from './questions/roofline.js'
import { scaling } from './questions/scaling.js'
import { uploads } from './questions/uploads.js'

// npm run bench [-- QUESTION ...] [-- footage|identities FOLDER] [-- --quick]: answers the questions, prints the figures and writes them to
// bench/results. The figures are valid only if the machine is otherwise idle.

const questions: readonly Question[] = [
  roofline,
  baselines,
  peer,
  memory,
  scaling,
  handoff,
  detector,
  device,
  uploads,
  exporting,
  fleet,
  queue,
  footage,
  identities,
]
const names = questions.map(({ name }) => name)
const program = new Command('bench')
  .argument(
    '[questions...]',
    `some of ${names.join(', ')} (default: all but footage and identities, which a folder of videos follows)`,
  )
  .option('--quick', 'smaller inputs and one round: all questions in about seven minutes on two cores', false)
  .addHelpText('after', `\n${questions.map(({ name, text }) => `  ${name.padEnd(10)} ${text}`).join('\n')}\n`)
  .parse()
const { quick } = program.opts<{ quick: boolean }>()
const asked = [...program.args]
const at = asked.findLastIndex(name => questions.some(one => one.name === name && one.needsVideos))
const [videos = ''] = at < 0 ? [] : asked.splice(at + 1, 1)
if (at >= 0 && videos === '') program.error(`Expected a folder of videos after ${asked[at]}`)
const unknown = asked.find(name => !names.includes(name))
if (unknown !== undefined) program.error(`Expected one of ${names.join(', ')} but received '${unknown}'`)

const machine = thisMachine()
let missed = 0
const folders: string[] = []
// Not before: for minutes after files were removed, ext4 takes ten times as long to create one.
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})
for (const question of questions) {
  if (asked.length > 0 ? !asked.includes(question.name) : question.needsVideos) continue
  console.log(`\n${question.name}: ${question.text}`)
  const folder = await mkdtemp(join(tmpdir(), 'cropstream-bench-'))
  folders.push(folder)
  const log = (line: string) => console.log(`  ${line}`)
  const answer = await question.answer({ quick, folder, videos, rounds: quick ? 1 : 3, log })
  await writeResults(question, answer, machine, quick)
  console.log(formatAnswer(answer))
  missed += answer.bars.filter(({ met }) => !met).length
}
if (missed > 0) console.log(`\n${missed} bars were not met`)
