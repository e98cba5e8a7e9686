import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { resultSchema } from '../../dist/fleet/schemas.js'
import { numberedClips } from './numbered-clips.js'
import { RedisServer } from './redis.js'
import { smallShape } from './small-match.js'
import { type Started, start } from './started.js'

export interface TrialOptions {
  readonly folder: string
  readonly video: string
  readonly clips: number
  readonly workers: number
  /** SIGKILLs. */
  readonly workerKills: number
  readonly serverKills: number
  /** The last time, the server is down for so long; otherwise for a second. */
  readonly outageSeconds: number
  /** Undefined for the program as users start it. */
  readonly timing?: { readonly lockSeconds: number; readonly stalledSeconds: number }
  readonly log?: (line: string) => void
}

export interface TrialResult {
  /** What should not be; empty when all is well. */
  readonly violations: readonly string[]
  readonly hashes: ReadonlySet<string>
  readonly kills: number
  readonly serverKills: number
  readonly seconds: number
  /** All that the workers have printed. */
  readonly lines: readonly string[]
}

/** Options of each run, for its clips and for the plain run that they are compared with. */
export const trialShape = { fps: 1.5, augment: 0 } as const
const flags = ['--fps', '1.5', '--augment', '0', ...smallShape]
const shortWorker = fileURLToPath(new URL('./queue-worker.mjs', import.meta.url))

/** Submits clips twice, and kills workers and the server while they are worked on. */
export async function runTrial(options: TrialOptions): Promise<TrialResult> {
  const { folder, clips, workers, workerKills, serverKills, timing, log = () => {} } = options
  const list = join(folder, 'clips')
  const [out, temporary] = [join(folder, 'out'), join(folder, 'tmp')]
  await mkdir(temporary, { recursive: true })
  await numberedClips(options.video, list, clips)
  await using redis = await RedisServer.start()
  const environment = {
    ...{ QUEUE: redis.url, CROPSTREAM_QUEUE: redis.url, TMPDIR: temporary },
    ...(timing && { LOCK_SECONDS: `${timing.lockSeconds}`, STALLED_SECONDS: `${timing.stalledSeconds}` }),
  }
  for (const _ of [1, 2]) {
    const { code, text } = await start(['submit', list, '--out', out, ...flags], environment).ended
    if (code !== 0) throw new Error(text)
    log(text)
  }
  const began = performance.now()
  const all: Started[] = []
  const killing: Promise<void>[] = []
  const killsAt = spread(workerKills, clips)
  const serverKillsAt = spread(serverKills, clips)
  let [begun, kills, downs, isOver] = [0, 0, 0, false]
  const died = new AbortController()

  const employ = (): void => {
    const args = timing === undefined ? ['work', '--parallel', '1', '--workers', '1'] : []
    const worker = start(args, environment, timing === undefined ? undefined : shortWorker)
    all.push(worker)
    void worker.ended.then(({ code, text }) => {
      if (code !== null && !isOver) died.abort(new Error(`a worker ended by itself (${code}): ${text}`))
    })
    worker.onLine(line => {
      if (!/^begun: /.test(line)) return
      begun++
      if (killsAt.delete(begun)) killing.push(kill(worker))
      if (serverKillsAt.delete(begun)) killing.push(takeDown())
    })
  }
  const kill = async (worker: Started): Promise<void> => {
    // From its first moment to its last: a clip takes about 3 s.
    await delay(((kills++ * 0.37) % 1) * 3000)
    worker.child.kill('SIGKILL')
    await worker.ended
    log(`killed worker ${kills} of ${workerKills}`)
    if (!isOver) employ()
  }
  const takeDown = async (): Promise<void> => {
    const seconds = ++downs === serverKills ? options.outageSeconds : 1
    await redis.kill()
    await delay(seconds * 1000)
    await redis.again()
    log(`the server was down for ${seconds} s`)
  }
  for (let i = 0; i < workers; i++) employ()
  await redis.run(async client => {
    for (let done = 0; done < clips; await delay(250)) {
      died.signal.throwIfAborted()
      const [completed, failed] = await Promise.all(
        ['completed', 'failed'].map(state => client.zcard(`bull:cropstream:${state}`)),
      )
      if (completed !== done) log(`${completed} of ${clips} done, ${failed} failed`)
      done = completed ?? 0
      if ((failed ?? 0) > 0) break
    }
  })
  await Promise.all(killing)
  isOver = true
  const seconds = (performance.now() - began) / 1000
  for (const { child } of all) child.kill('SIGTERM')
  await Promise.all(all.map(({ ended }) => ended))
  const checked = await look(out, temporary, clips)
  return { ...checked, kills, serverKills: downs, seconds, lines: all.flatMap(({ lines }) => lines) }
}

/** Counts at which something happens, evenly from the first to the last. */
const spread = (times: number, among: number): Set<number> =>
  new Set(Array.from({ length: times }, (_, i) => Math.floor(((i + 0.5) * among) / times) + 1))

/** What is there at the end, and what should not be. */
async function look(out: string, temporary: string, clips: number) {
  const violations: string[] = []
  const expect = (holds: boolean, otherwise: string) => holds || violations.push(otherwise)
  const pipeline = join(out, 'local/user/process/player-crops')
  const paths = await readdir(out, { recursive: true })
  const left = paths.filter(path => /\.tmp\b|\.checkpoint|\.part\b|\.lease/.test(path))
  expect(left.length === 0, `left over: ${left.slice(0, 5)}`)
  const strays = await readdir(temporary)
  expect(strays.length === 0, `in the temporary folder: ${strays.slice(0, 5)}`)
  expect((await readdir(pipeline)).sort().join() === 'batch_clips,run_clips', 'another run was begun')
  const manifests = paths.filter(path => /video_[^/]+\/manifest\.json$/.test(path)).length
  expect(manifests === clips, `${manifests} manifests of ${clips}`)
  const batch = join(pipeline, 'batch_clips')
  const hashes = new Set<string>()
  for (const name of await readdir(join(batch, 'results'))) {
    const result = resultSchema.parse(JSON.parse(await readFile(join(batch, 'results', name), 'utf8')))
    expect(result.state === 'done', `${result.uri} is ${result.state}: ${result.reason}`)
    if (result.made !== undefined) hashes.add(result.made.dataset_sha256)
    const log = await readFile(join(batch, 'logs', `${result.id}.jsonl`), 'utf8')
    const made = log
      .split('\n')
      .filter(line => /"dataset_sha256"/.test(line) && !/"already_complete"/.test(line))
    expect(made.length <= 1, `${result.uri} was published ${made.length} times`)
  }
  return { violations, hashes }
}
