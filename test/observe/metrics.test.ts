import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CropstreamError, exitCode, InputError, OutputError } from '../../dist/common/errors.js'
import { Exposition } from '../../dist/observe/exposition.js'
import { Metrics } from '../../dist/observe/metrics.js'
import { chain } from '../../dist/runtime/wiring.js'
import { WorkerPool } from '../../dist/runtime/worker-pool.js'
import { TransientError } from '../../dist/storage/requests.js'
import { Collecting, numbers } from '../support/numbers.js'
import { counting, frameAt, imageOf, record, viewOf } from './view.js'

let pool: WorkerPool
let folder: string
beforeAll(async () => {
  pool = new WorkerPool(1)
  folder = await mkdtemp(join(tmpdir(), 'cropstream-'))
})
afterAll(async () => {
  await pool[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const none = { metricsPort: undefined, pushgateway: undefined, metricsTextfile: undefined }

/** All series by name and labels, as `name{a="1"}`. */
async function seriesOf({ results }: Metrics): Promise<Record<string, number>> {
  const lines = (await results.metrics()).split('\n').filter(line => /^\w/.test(line))
  return Object.fromEntries(lines.map(line => [line.replace(/ \S+$/, ''), Number(/\S+$/.exec(line))]))
}

test('every scrape has the current counts of the run', async () => {
  // Otherwise numbers would be out of date, or grow with every scrape.
  const metrics = new Metrics()
  const view = viewOf(pool, metrics)
  const { run } = view
  const stage = run.through(chain(numbers('crop', { drop: 2 }), numbers('encode', { times: 2 })))
  metrics.started(view)
  await run.into(new Collecting<number>(), run.from(counting(5)).pipe(stage))
  await seriesOf(metrics)
  const series = await seriesOf(metrics)
  expect(series).toMatchObject({
    'cropstream_step_items_in_total{step="crop"}': 5,
    'cropstream_step_dropped_total{step="crop",reason="unwanted"}': 1,
    'cropstream_step_items_out_total{step="encode"}': 8,
    'cropstream_step_work_seconds_count{step="encode"}': 5,
    'cropstream_step_wait_seconds_count{step="crop"}': 5,
    'cropstream_crops_handed_on_total{step="encode",from="memory"}': 4,
    'cropstream_optimization_used{step="encode",mode="in_memory_processing"}': 1,
    'cropstream_optimization_used{step="encode",mode="fallback_storage"}': 0,
    cropstream_frames_decoded_total: 4,
    cropstream_frames_skipped_total: 54,
    cropstream_frames_finished_total: 5,
    cropstream_frame_slots: 4,
    cropstream_frame_slots_live: 0,
    cropstream_tracks_opened_total: 5,
    cropstream_workers: 1,
    'cropstream_model_info{name="tiny",sha256="abc",precision="",device="cpu"}': 1,
  })
  expect(series.cropstream_worker_busy_seconds_total).toBeCloseTo(pool.busyMs / 1000, 6)
  expect(series['cropstream_step_work_seconds_sum{step="crop"}']).toBeCloseTo(
    (run.counts.get('crop')?.workMs ?? 0) / 1000,
    6,
  )
})

test('detections have one of six outcomes, and all series exist', async () => {
  // Otherwise a funnel on a dashboard would be incomplete, or an alert use a missing series.
  const metrics = new Metrics()
  const view = viewOf(pool)
  view.run.counts.set('pitch-filter', record({ itemsIn: 10, itemsOut: 7, dropped: { off_pitch: 3 } }))
  view.run.counts.set('track', record({ itemsIn: 7, itemsOut: 5, dropped: { low_confidence: 2 } }))
  view.run.counts.set('bystander-filter', record({ itemsIn: 5, itemsOut: 4, dropped: { bystander: 1 } }))
  view.run.counts.set('spectator-filter', record({ itemsIn: 4, itemsOut: 2, dropped: { spectator: 2 } }))
  metrics.started(view)
  expect(await seriesOf(metrics)).toMatchObject({
    'cropstream_detections_total{outcome="tracked"}': 2,
    'cropstream_detections_total{outcome="spectator"}': 2,
    'cropstream_detections_total{outcome="bystander"}': 1,
    'cropstream_detections_total{outcome="off_pitch"}': 3,
    'cropstream_detections_total{outcome="unconfirmed"}': 0,
    'cropstream_detections_total{outcome="low_confidence"}': 2,
  })
})

test('images are counted by side of the split, and the position is in video time', async () => {
  // Otherwise intermediate images would count as training data.
  const metrics = new Metrics()
  metrics.started(viewOf(pool))
  for (const ptsMs of [0, 1000, 2500]) metrics.frameRead(frameAt(ptsMs))
  for (const subset of ['train', 'train', 'val', undefined] as const) metrics.imageWritten(imageOf(subset))
  metrics.uploaded(5000, 1, 20)
  expect(await seriesOf(metrics)).toMatchObject({
    'cropstream_images_total{subset="train"}': 2,
    'cropstream_images_total{subset="val"}': 1,
    cropstream_video_seconds_total: 2.5,
    'cropstream_upload_bytes_bucket{le="4096"}': 0,
    'cropstream_upload_bytes_bucket{le="8192"}': 1,
    cropstream_upload_seconds_sum: 0.02,
  })
})

test('retried requests are counted by cause', async () => {
  // Otherwise a bucket that refuses every second request would look like a slow one.
  const metrics = new Metrics()
  const view = viewOf(pool)
  metrics.started(view)
  const causes = [new TransientError('stalled', 'nothing moved'), Object.assign(new Error(), { code: 503 })]
  await view.storage.requests.run('write', 'x', async ({ moved }) => {
    moved(100, 7)
    const error = causes.shift()
    if (error !== undefined) throw error
  })
  expect(await seriesOf(metrics)).toMatchObject({
    'cropstream_storage_requests_total{kind="write"}': 3,
    'cropstream_storage_bytes_total{kind="write",direction="up"}': 300,
    'cropstream_storage_bytes_total{kind="write",direction="down"}': 21,
    'cropstream_storage_retries_total{kind="write",cause="stalled"}': 1,
    'cropstream_storage_retries_total{kind="write",cause="503"}': 1,
    'cropstream_storage_results_total{kind="write",result="ok"}': 1,
    'cropstream_storage_results_total{kind="write",result="retried"}': 2,
  })
})

test.each([
  ['a published run', undefined, undefined],
  ['a bad video', new InputError('no video'), 'InputError'],
  ['a full disk', new OutputError('full'), 'OutputError'],
  ['Ctrl-C', new CropstreamError(exitCode.interrupted, 'stopped'), 'Interrupted'],
  ['a step that fails on bad input', new CropstreamError(exitCode.badInput, 'on frame 3'), 'InputError'],
  ['a defect', new TypeError('x is undefined'), 'InternalError'],
])('%s is reported by success and class of error, only at the end', async (_, error, expected) => {
  // Otherwise a running run would look like a failed one, or a failure like a success.
  const metrics = new Metrics()
  metrics.started(viewOf(pool))
  const before = await seriesOf(metrics)
  expect(before).not.toHaveProperty('cropstream_run_success')
  expect(before).toMatchObject({ cropstream_run_active: 1, 'cropstream_errors_total{class="InputError"}': 0 })
  metrics.ended(error)
  const after = await seriesOf(metrics)
  expect(after).toMatchObject({ cropstream_run_active: 0, cropstream_run_success: error ? 0 : 1 })
  const failures = Object.entries(after).filter(([name, n]) => name.startsWith('cropstream_errors') && n > 0)
  expect(failures).toEqual(expected ? [[`cropstream_errors_total{class="${expected}"}`, 1]] : [])
})

test('the server gives the responses that Prometheus and an orchestrator expect, in all phases', async () => {
  // Otherwise a pod would be killed during its start, or kept after its end.
  const metrics = new Metrics()
  const exposition = new Exposition(metrics, { ...none, metricsPort: 0 }, expect.unreachable)
  const served = await exposition.serve()
  const base = `http://127.0.0.1:${served}`
  const status = async (path: string, method = 'GET') => (await fetch(base + path, { method })).status
  expect([await status('/healthz'), await status('/readyz')]).toEqual([200, 503])
  metrics.started(viewOf(pool))
  expect([await status('/readyz'), await status('/metrics?x=1'), await status('/metrics', 'HEAD')]).toEqual([
    200, 200, 200,
  ])
  expect([await status('/'), await status('/metrics', 'POST')]).toEqual([404, 405])
  const answer = await fetch(`${base}/metrics`)
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  expect(await answer.text()).toMatch(/^process_resident_memory_bytes \d+$/m)
  metrics.ended()
  expect([await status('/healthz'), await status('/readyz')]).toEqual([200, 503])
  // An idle connection must not delay the end.
  const idle = connect(served ?? 0, '127.0.0.1')
  await once(idle, 'connect')
  await exposition[Symbol.asyncDispose]()
  await expect(fetch(`${base}/healthz`)).rejects.toThrow()
  idle.destroy()
})

test('a port in use is an error at the start', async () => {
  // Otherwise a run of hours would not be monitored.
  const other = createServer().listen(0)
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  const failed = new Exposition(new Metrics(), { ...none, metricsPort: port }, expect.unreachable).serve()
  await expect(failed).rejects.toThrow(`port ${port}: another program uses it; choose another --metrics-port`)
  await expect(failed).rejects.toBeInstanceOf(OutputError)
  other.close()
})

test('neither the server nor a client keeps the process alive', async () => {
  // Otherwise a run with an unexpected failure would hang instead of ending.
  const script = `
    const { Metrics } = await import(${JSON.stringify(new URL('../../dist/observe/metrics.js', import.meta.url).href)})
    const { Exposition } = await import(${JSON.stringify(new URL('../../dist/observe/exposition.js', import.meta.url).href)})
    const port = await new Exposition(new Metrics(), { metricsPort: 0 }, console.error).serve()
    const client = (await import('node:net')).connect(port).unref()
    await new Promise(resolve => client.once('connect', resolve))
    await (await fetch('http://127.0.0.1:' + port + '/metrics')).text()
    console.log('done')`
  const output = await new Promise<string>((resolve, reject) =>
    execFile(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 }, (error, stdout) =>
      error === null ? resolve(stdout) : reject(error),
    ),
  )
  expect(output).toBe('done\n')
})

test('the textfile replaces the last one atomically, without metrics of the process', async () => {
  // Otherwise the collector could read a partial file, or process metrics that collide with its own.
  const metricsTextfile = join(folder, 'cropstream.prom')
  await writeFile(metricsTextfile, 'old')
  await new Exposition(new Metrics(), { ...none, metricsTextfile }, expect.unreachable)[Symbol.asyncDispose]()
  const text = await readFile(metricsTextfile, 'utf8')
  expect(text).toMatch(/^cropstream_build_info\{version="\d+\.\d+\.\d+",node="v\d+.*"\} 1$/m)
  expect(text).not.toMatch(/^(process|nodejs)_/m)
  expect(text.endsWith('\n')).toBe(true)
  expect(await readdir(folder)).toEqual(['cropstream.prom'])
})

test('metrics that cannot be pushed or written are a warning, without the password', async () => {
  // Otherwise a complete dataset would be reported as failed, or a run would wait for a hanging gateway.
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  const refusing = createServer((_, response) => response.writeHead(400).end('bad metrics')).listen(
    0,
    '127.0.0.1',
  )
  await Promise.all([once(silent, 'listening'), once(refusing, 'listening')])
  const urlOf = (server: typeof silent) =>
    `http://me:secret@127.0.0.1:${(server.address() as { port: number }).port}/`
  const warnings: string[] = []
  const metricsTextfile = join(folder, 'missing', 'x.prom')
  const ends = [
    { ...none, metricsTextfile },
    { ...none, pushgateway: urlOf(silent) },
    { ...none, pushgateway: urlOf(refusing) },
    { ...none, pushgateway: 'http://127.0.0.1:1' },
  ].map(async where =>
    new Exposition(new Metrics(), where, message => warnings.push(message), 300)[Symbol.asyncDispose](),
  )
  await Promise.all(ends)
  expect(warnings).toHaveLength(4)
  const all = warnings.join('\n')
  expect(all).toMatch(/cannot write metrics to .*missing.x\.prom: ENOENT/)
  expect(all).toMatch(/cannot push metrics to http:\/\/127\.0\.0\.1:\d+\/: no answer within 0\.3 s/)
  expect(all).toMatch(/status 400, bad metrics/)
  expect(all).toMatch(/ECONNREFUSED/)
  expect(all).not.toContain('secret')
  silent.closeAllConnections()
  silent.close()
  refusing.close()
})
