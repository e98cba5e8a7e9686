import { once } from 'node:events'
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { VideoResult } from '../../dist/fleet/contract.js'
import { processVideo } from '../../dist/index.js'
import { smallVideo } from '../support/matches.js'
import { numberedClips } from '../support/numbered-clips.js'
import { describeWithRedis, RedisServer } from '../support/redis.js'
import { smallSettings, smallShape } from '../support/small-match.js'
import { type Started, start } from '../support/started.js'

const password = 'only-for-friends'
const shaping = ['--augment', '0', ...smallShape]

let folder: string
let video: string
let redis: RedisServer
const printed: Started[] = []

/** The program with the queue in its environment. */
function cropstream(...args: readonly string[]): Started {
  const started = start(args, { CROPSTREAM_QUEUE: redis.url })
  printed.push(started)
  return started
}

/** Its text, when it has ended well. */
async function ran(...args: readonly string[]): Promise<string> {
  const { code, text } = await cropstream(...args).ended
  expect(code, text).toBe(0)
  return text
}

const status = async () => JSON.parse((await ran('status', '--json')).split('\n').at(-1) ?? '')
/** Jobs in a state, without a process that says it. */
const count = (state: 'completed' | 'failed') => redis.run(client => client.zcard(`bull:cropstream:${state}`))
const counted = (state: 'completed' | 'failed') =>
  expect.poll(() => count(state), { timeout: 60_000, interval: 100 })
const worker = () => cropstream('work', '--parallel', '1', '--workers', '1', '--checkpoint-frames', '1')
const pipeline = (out: string) => join(out, 'local/user/process/player-crops')

async function resultsIn(out: string, name: string): Promise<VideoResult[]> {
  const results = join(pipeline(out), `batch_${name}`, 'results')
  const names = (await readdir(results)).sort()
  return Promise.all(names.map(async name => JSON.parse(await readFile(join(results, name), 'utf8'))))
}

/** What a plain run makes of the frames of the clips. */
const plainHash = async (fps: number): Promise<string> => {
  const out = join(folder, `plain-${fps}`)
  return (await processVideo(video, { ...smallSettings, out, fps, augment: 0 })).datasetSha256
}

async function stop(...workers: readonly Started[]): Promise<(number | null)[]> {
  for (const { child } of workers) child.kill('SIGTERM')
  return Promise.all(workers.map(async ({ ended }) => (await ended).code))
}

describeWithRedis('a queue', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cropstream-queue-'))
    video = await smallVideo()
    redis = await RedisServer.start(password)
  })
  afterAll(async () => {
    for (const { child } of printed) child.kill('SIGKILL')
    await redis[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  test('two workers make each dataset once, and what fails is kept with its reason', async () => {
    // Otherwise a list that is submitted twice would be worked on twice, or a bad file be lost among a thousand.
    const list = join(folder, 'games')
    const [, bad = ''] = await numberedClips(video, list, 3)
    await writeFile(bad, 'no video')
    const out = join(folder, 'out')
    const submit = ['submit', list, '--out', out, '--fps', '1.5', ...shaping]
    expect(await ran(...submit)).toMatch(/3 of 3 videos submitted/)
    expect(await ran(...submit)).toMatch(/0 of 3 videos submitted .* 3 in the queue, 0 done, 0 failed/)

    // While it is paused, workers begin nothing.
    await ran('pause')
    const workers = [worker(), worker()]
    await Promise.all(workers.map(({ said }) => said(/worker of redis:/)))
    expect(await status()).toMatchObject({ is_paused: true, jobs: { paused: 3, active: 0 } })
    expect(workers.flatMap(({ lines }) => lines).filter(line => /begun/.test(line))).toEqual([])
    await ran('resume')
    await counted('completed').toBe(2)
    await counted('failed').toBe(1)
    expect(await status()).toMatchObject({
      ...{ is_paused: false, jobs: { active: 0, completed: 2, failed: 1 } },
      failures: [{ reason: expect.stringMatching(/its content is not a video/), ids: [expect.any(String)] }],
    })
    expect(await ran('status')).toMatch(/cropstream retry --reason/)
    const hash = await plainHash(1.5)
    const [first, second, third] = await resultsIn(out, 'games')
    for (const result of [first, third])
      expect(result).toMatchObject({ state: 'done', made: { dataset_sha256: hash } })
    expect(second).toMatchObject({ state: 'failed', exit_code: 3 })

    // A queue that is lost is submitted again: what is done is not asked for, and what failed is still known.
    await redis.run(client => client.flushall())
    expect(await ran(...submit)).toMatch(/1 of 3 videos submitted .* 2 done, 0 failed/)
    await counted('failed').toBe(1)
    expect(await resultsIn(out, 'games')).toEqual([first, second, third])

    await copyFile(video, bad)
    expect(await ran('retry', '--reason', 'not a video')).toMatch(/^1 video will be tried again/m)
    await counted('completed').toBe(1)
    expect((await resultsIn(out, 'games'))[1]).toMatchObject({ state: 'done', attempts: [{ exit_code: 0 }] })
    expect(await stop(...workers)).toEqual([0, 0])
  })

  test('a worker that is stopped hands its video back, and another one goes on from its checkpoint', async () => {
    // Otherwise a spot machine that is taken away would cost the work of hours.
    const list = join(folder, 'long')
    await numberedClips(video, list, 2)
    const out = join(folder, 'long-out')
    await ran('submit', list, '--out', out, '--fps', '25', ...shaping)
    const run = join(pipeline(out), 'run_long')
    const segments = async () =>
      (await readdir(run, { recursive: true }).catch(() => [])).filter(path => /segment-/.test(path)).length
    const first = worker()
    await expect.poll(segments, { timeout: 60_000, interval: 50 }).toBeGreaterThan(0)
    expect(await stop(first)).toEqual([130])
    expect(await first.said(/handed back/)).toMatch(/clip 1/)
    // Taken from the head of the queue.
    const second = worker()
    expect(await second.said(/begun/)).toMatch(/clip 1/)
    // What is begun is finished, and the other waits.
    expect(await ran('drain')).toMatch(/drained/)
    expect(await second.said(/^done: /)).toMatch(/clip 1/)
    expect(await status()).toMatchObject({ is_paused: true, jobs: { active: 0, paused: 1 } })
    expect(await stop(second)).toEqual([0])
    const [result] = await resultsIn(out, 'long')
    expect(result).toMatchObject({ state: 'done', made: { dataset_sha256: await plainHash(25) } })
    expect(result?.attempts.map(({ exit_code }) => exit_code)).toEqual([130, 0])
    const log = await readFile(join(pipeline(out), 'batch_long', 'logs', `${result?.id}.jsonl`), 'utf8')
    expect(log).toMatch(/resuming at frame/)
  })

  test('its metrics and its board are served to this machine', async () => {
    // Otherwise an autoscaler could not see how much waits, or a web page of another site could.
    await redis.run(client => client.flushall())
    await ran('pause')
    const list = join(folder, 'shown')
    await numberedClips(video, list, 1)
    await ran('submit', list, '--out', join(folder, 'shown-out'), ...shaping)
    const served = cropstream('status', '--serve', '0')
    const [url = ''] = /http:\S+/.exec(await served.said(/^queue: /)) ?? []
    const metrics = await (await fetch(`${url}metrics`)).text()
    expect(metrics).toMatch(/^cropstream_queue_jobs\{state="paused"\} 1$/m)
    expect(metrics).toMatch(/^cropstream_queue_oldest_seconds [\d.]*[1-9]/m)
    const board = await fetch(`${url}queue/cropstream`)
    expect(await board.text()).toMatch(/<title>cropstream/)
    const queues = await (await fetch(`${url}api/queues?activeQueue=cropstream&page=1`)).json()
    expect(queues).toMatchObject({ queues: [{ name: 'cropstream', readOnlyMode: true }] })
    // `fetch` sets the host itself.
    const [foreign] = await once(get(`${url}metrics`, { headers: { host: 'attacker.example' } }), 'response')
    expect(foreign.statusCode).toBe(403)
    expect(await stop(served)).toEqual([0])
  })

  test('a queue that may lose jobs, or that is not there, is refused', async () => {
    // Otherwise a server that is a cache would throw away a part of a weekend's games without a word.
    await redis.run(client => client.config('SET', 'maxmemory-policy', 'allkeys-lru'))
    const evicting = await cropstream('work').ended
    expect(evicting.code).toBe(2)
    expect(evicting.text).toMatch(/maxmemory-policy is allkeys-lru; set it with redis-cli CONFIG SET/)
    const options = ['status', '--queue']
    const stranger = await cropstream(...options, redis.url.replace(password, 'guessed')).ended
    expect(stranger.code).toBe(2)
    const nowhere = await cropstream(...options, `redis://:${password}@127.0.0.1:1`).ended
    expect(nowhere).toMatchObject({
      code: 4,
      text: expect.stringMatching(/Cannot reach .*:1: .*ECONNREFUSED/),
    })
    const wrong = await cropstream(...options, `mysql://me:${password}@host`).ended
    expect(wrong).toMatchObject({ code: 2, text: expect.stringMatching(/Expected redis:/) })
    for (const { lines } of printed) expect(lines.join('\n')).not.toMatch(/only-for-friends|guessed/)
  })
})
