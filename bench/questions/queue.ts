import { readdirSync, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { memoryOf } from '../../dist/common/processes.js'
import { Batch } from '../../dist/fleet/batch.js'
import { QueueServer } from '../../dist/fleet/queue/server.js'
import { submitBatch } from '../../dist/fleet/queue/submit.js'
import { workTiming } from '../../dist/fleet/queue/work.js'
import { resultSchema } from '../../dist/fleet/schemas.js'
import { processVideo } from '../../dist/index.js'
import { numberedClips } from '../../test/support/numbered-clips.js'
import { runTrial, trialShape } from '../../test/support/queue-trial.js'
import { RedisServer } from '../../test/support/redis.js'
import { smallSettings, smallSize } from '../../test/support/small-match.js'
import { type Started, start } from '../../test/support/started.js'
import { atMost, type Bar, type Question } from '../harness/question.js'
import { sampleMatch } from '../sample/reuse.js'
import { drawSample } from '../sample/sample.js'

const submits = 10_000
/** Long enough that what a start costs is a small part, as it is of a game. */
const costSeconds = 20

/** CPU time of a process without that of its children, in seconds. */
function ownCpuSeconds(pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Seconds of adding a job for each of many videos. */
async function submitSeconds(folder: string): Promise<number> {
  await using redis = await RedisServer.start()
  const place = { out: join(folder, 'many'), tenant: 'local', pipeline: 'p', name: 'many' }
  const videos = Array.from({ length: submits }, (_, i) => ({
    ...{ id: `game-${i}`, uri: `/games/game ${i}.mp4`, priority: i % 3, bytes: i, options: {} },
  }))
  await using batch = await Batch.freeze(place, {}, videos)
  await using server = await QueueServer.connect(redis.url, { patient: false, warn: () => {} })
  const began = performance.now()
  const { added } = await submitBatch(server, batch)
  const seconds = (performance.now() - began) / 1000
  if (added !== submits) throw new Error(`Expected ${submits} jobs but ${added} were added`)
  return seconds
}

async function submit(list: string, out: string, environment: Record<string, string>, ...flags: string[]) {
  const { code, text } = await start(['submit', list, '--out', out, ...flags], environment).ended
  if (code !== 0) throw new Error(text)
}

async function ended(...workers: Started[]): Promise<void> {
  for (const { child } of workers) child.kill('SIGTERM')
  await Promise.all(workers.map(({ ended }) => ended))
}

/** What a worker takes while it waits, and beside the process that it has started. */
async function workerCost(folder: string) {
  await using redis = await RedisServer.start()
  const environment = { CROPSTREAM_QUEUE: redis.url }
  const worker = start(['work', '--parallel', '1'], environment)
  await worker.said(/worker of/)
  // V8 gives memory back some seconds after the last work.
  await delay(30_000)
  const idleBytes = memoryOf(worker.child.pid).now
  const list = join(folder, 'two')
  await numberedClips((await sampleMatch(costSeconds)).video, list, 2)
  const out = join(folder, 'two-out')
  await submit(list, out, environment)
  // Of the second: with the first, the worker compiles its code.
  await worker.said(/^done: .*clip 1/)
  const before = ownCpuSeconds(worker.child.pid)
  await worker.said(/^done: .*clip 2/)
  const cpu = ownCpuSeconds(worker.child.pid) - before
  const usedBytes = memoryOf(worker.child.pid).now
  await ended(worker)
  const results = join(out, 'local/user/process/player-crops/batch_two/results')
  const name = readdirSync(results).find(name => /^clip-2/.test(name)) ?? ''
  const { core_seconds } = resultSchema.parse(JSON.parse(readFileSync(join(results, name), 'utf8')))
  return { idleBytes, usedBytes, share: cpu / core_seconds, cpu, core_seconds }
}

/** From SIGTERM to the exit of a worker, and from its hand-back to the start of the video by one that waits. */
async function handBack(folder: string, round: number) {
  await using redis = await RedisServer.start()
  const environment = { CROPSTREAM_QUEUE: redis.url }
  const list = join(folder, `handed-${round}`)
  await numberedClips((await sampleMatch(costSeconds)).video, list, 1)
  await submit(list, join(folder, `handed-out-${round}`), environment)
  const first = start(['work', '--parallel', '1'], environment)
  await first.said(/^begun/)
  const second = start(['work', '--parallel', '1'], environment)
  await second.said(/worker of/)
  await delay(3000 + round * 2000)
  const times = { handedBack: 0, begun: 0 }
  first.onLine(line => {
    if (/^handed back/.test(line)) times.handedBack = performance.now()
  })
  second.onLine(line => {
    if (/^begun/.test(line)) times.begun = performance.now()
  })
  const killed = performance.now()
  await ended(first)
  const exitSeconds = (performance.now() - killed) / 1000
  await second.said(/^begun/)
  await ended(second)
  return { exitSeconds, startSeconds: Math.max(0, (times.begun - times.handedBack) / 1000) }
}

/** Kills workers and the server of a real queue, with the timing of users. */
export const queue: Question = {
  name: 'queue',
  text: 'What does a queue cost, and what survives when its workers and its server are killed?',
  async answer({ quick, folder, rounds, log }) {
    const submitted = await submitSeconds(folder)
    log(`${submits} jobs added in ${submitted.toFixed(2)} s`)
    const cost = await workerCost(folder)
    log(`idle ${(cost.idleBytes / 1e6).toFixed(0)} MB, after a video ${(cost.usedBytes / 1e6).toFixed(0)} MB`)
    const handed = []
    for (let round = 0; round < rounds; round++) handed.push(await handBack(folder, round))
    const startSeconds = Math.max(...handed.map(({ startSeconds }) => startSeconds))
    const exitSeconds = Math.max(...handed.map(({ exitSeconds }) => exitSeconds))
    log(
      `next start ${startSeconds.toFixed(2)} s after the hand-back, exit ${exitSeconds.toFixed(1)} s after SIGTERM`,
    )

    const clips = quick ? 10 : 200
    const kills = quick ? { workerKills: 2, serverKills: 1 } : { workerKills: 20, serverKills: 2 }
    const video = join(folder, 'match')
    await mkdir(video, { recursive: true })
    const match = await drawSample({ ...smallSize, out: video })
    const outageSeconds = workTiming.lockSeconds + 15
    const trial = await runTrial({
      ...{
        folder: join(folder, 'trial'),
        video: match.video,
        clips,
        workers: 2,
        ...kills,
        outageSeconds,
        log,
      },
    })
    const plain = await processVideo(match.video, {
      ...{ ...smallSettings, ...trialShape, out: join(folder, 'plain') },
    })
    const wrong = [...trial.hashes].filter(hash => hash !== plain.datasetSha256).length
    const bars: Bar[] = [
      atMost('violations: not published once, or something left over', trial.violations.length, 0, 0),
      atMost('datasets that differ from a plain run', wrong, 0, 0),
      atMost(`seconds for ${submits} submits`, submitted, 2),
      atMost('MB of an idle worker (VmRSS)', cost.idleBytes / 1e6, 80, 0),
      atMost('CPU of the worker ÷ CPU of the video', cost.share, 0.01, 4),
      atMost('seconds from a hand-back to the next start', startSeconds, 1, 3),
      atMost('seconds from SIGTERM to the exit', exitSeconds, 12, 1),
    ]
    return {
      tables: [
        {
          title: `${clips} clips, submitted twice, two workers`,
          columns: ['worker kills', 'server kills', 'longest outage s', 'wall s', 'violations'],
          rows: [
            [
              trial.kills,
              trial.serverKills,
              outageSeconds,
              trial.seconds.toFixed(0),
              trial.violations.join('; ') || 'none',
            ],
          ],
        },
      ],
      bars,
      notes: [
        `The CPU of a worker is that of its own process for a video of ${costSeconds} s (${cost.cpu.toFixed(2)} s beside ${cost.core_seconds.toFixed(0)} s); after it the worker holds ${(cost.usedBytes / 1e6).toFixed(0)} MB.`,
        `The lock is ${workTiming.lockSeconds} s and the check for stalled jobs ${workTiming.stalledSeconds} s, as in use.`,
      ],
    }
  },
}
