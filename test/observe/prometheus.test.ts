import { type ChildProcess, execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { Exposition } from '../../dist/observe/exposition.js'
import { Metrics } from '../../dist/observe/metrics.js'
import { WorkerPool } from '../../dist/runtime/worker-pool.js'
import { TransientError } from '../../dist/storage/requests.js'
import { freePort } from '../support/port.js'
import {
  describeWithPrometheus,
  type Prometheus,
  promtool,
  type Served,
  startPrometheus,
  startPushgateway,
} from '../support/prometheus.js'
import { viewOf } from './view.js'

const pathOf = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url))
const rules = pathOf('monitoring/alerts.yml')

/** Pushed and written, but rarely scraped, because the process is about to end. */
const onlyAtTheEnd = new Set(['cropstream_run_success'])

interface Manifest {
  readonly frames: number
  readonly steps: Record<string, { in: number; out: number; dropped: Record<string, number> }>
}

describeWithPrometheus('a monitored run', () => {
  let folder: string
  let textfile: string
  let prometheus: Prometheus
  let gateway: Served
  let manifest: Manifest
  /** Time of the last scrape of the run: queries at this time are not stale. */
  let at: number

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cropstream-watched-'))
    textfile = join(folder, 'cropstream.prom')
    const port = await freePort()
    // A run from disk to disk has no storage requests: a second target has those series.
    await using pool = new WorkerPool(1)
    const metrics = new Metrics()
    await using bucket = new Exposition(
      metrics,
      { metricsPort: 0, pushgateway: undefined, metricsTextfile: undefined },
      expect.unreachable,
    )
    ;[prometheus, gateway] = await Promise.all([
      startPrometheus({ cropstream: port, bucket: (await bucket.serve()) ?? 0 }, rules),
      startPushgateway(),
    ])
    const view = viewOf(pool)
    metrics.started(view)
    const request = async () => {
      let failures = 1
      await view.storage.requests.run('write', 'x', async () => {
        if (failures-- > 0) throw new TransientError('stalled', 'nothing moved')
      })
    }
    await request()
    await prometheus.until('cropstream_storage_retries_total', samples => samples.length > 0)
    await request()

    const out = join(folder, 'out')
    const child: ChildProcess = execFile(process.execPath, [
      ...[
        pathOf('dist/graph.js'),
        inject('match').video,
        '--out',
        out,
        '--fps',
        '3',
        '--input-size',
        '640',
        '--background',
        'surface',
        '--run-guid',
        'watched',
        '--quiet',
      ],
      ...['--metrics-port', `${port}`, '--pushgateway', gateway.url, '--metrics-textfile', textfile],
    ])
    let stderr = ''
    child.stderr?.on('data', text => {
      stderr += text
    })
    const [code] = await once(child, 'close')
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const files = (await readdir(out, { recursive: true })).map(String)
    const [path = ''] = files.filter(file => basename(file) === 'manifest.json')
    manifest = JSON.parse(await readFile(join(out, path), 'utf8'))
    const [last] = await prometheus.query(
      'max(max_over_time(timestamp(cropstream_run_active{job="cropstream"})[1m:100ms]))',
    )
    at = last?.value ?? 0
  })
  afterAll(async () => {
    await prometheus?.[Symbol.asyncDispose]()
    await gateway?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  /** Value of an expression with one series, at the last scrape. */
  const value = async (expression: string) => {
    const samples = await prometheus.query(expression, at)
    expect(samples, expression).toHaveLength(1)
    return samples[0]?.value ?? Number.NaN
  }

  test('the scraped values agree with the manifest and with each other', async () => {
    // Otherwise a dashboard would show wrong numbers. The last frames may come after the last scrape; the Pushgateway
    // has the final values.
    const decoded = await value('cropstream_frames_decoded_total{job="cropstream"}')
    expect(decoded).toBeGreaterThan(0)
    expect(decoded).toBeLessThanOrEqual(manifest.frames)
    expect(await value('cropstream_frames_finished_total{job="cropstream"}')).toBeLessThanOrEqual(decoded)
    const detections = await value('sum(cropstream_detections_total)')
    expect(detections).toBe(await value('cropstream_step_items_in_total{step="pitch-filter"}'))
    const images = await value('sum(cropstream_images_total)')
    expect(images).toBeGreaterThan(0)
    expect(images).toBeLessThanOrEqual(manifest.steps.write?.in ?? 0)
    expect(await value('cropstream_frame_slots_live_max{job="cropstream"}')).toBeLessThanOrEqual(
      await value('cropstream_frame_slots{job="cropstream"}'),
    )
  })

  test('rates and percentiles are plausible', async () => {
    // Otherwise resets of counters or unsuitable buckets would give no values, or wrong ones.
    const busy = 'rate(cropstream_worker_busy_seconds_total{job="cropstream"}[30s])'
    const utilization = await value(`${busy} / cropstream_workers{job="cropstream"}`)
    expect(utilization).toBeGreaterThan(0)
    expect(utilization).toBeLessThan(1.5)
    expect(await value('rate(cropstream_video_seconds_total{job="cropstream"}[30s])')).toBeGreaterThan(0)
    expect(
      await value('sum(resets(cropstream_step_items_in_total{job="cropstream",step="detect"}[1m]))'),
    ).toBe(0)
    const quantile = (q: number) =>
      value(`histogram_quantile(${q}, rate(cropstream_step_work_seconds_bucket{step="detect"}[1m]))`)
    const [median, high] = [await quantile(0.5), await quantile(0.95)]
    expect(median).toBeGreaterThan(0.01)
    expect(high).toBeGreaterThanOrEqual(median)
    expect(high).toBeLessThan(10)
  })

  test('every series of an alert or a panel exists, and every expression has a result', async () => {
    // Otherwise an alert would never fire, or a panel would stay empty, unnoticed.
    const [alerts, dashboard] = await Promise.all([
      readFile(rules, 'utf8'),
      readFile(pathOf('monitoring/grafana-dashboard.json'), 'utf8'),
    ])
    const board = JSON.parse(dashboard) as { panels: { targets: { expr: string }[] }[] }
    const expressions = board.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
    expect(expressions.length).toBeGreaterThan(20)
    const named = `${alerts} ${expressions.join(' ')}`.match(/\b(cropstream|nodejs|process)_\w+/g) ?? []
    const known = await prometheus.names()
    expect([...new Set(named)].filter(name => !known.has(name) && !onlyAtTheEnd.has(name))).toEqual([])
    const empty: string[] = []
    for (const expression of expressions) {
      const plain = expression.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.*')
      if ((await prometheus.query(plain, at)).length === 0) empty.push(expression)
    }
    expect(empty).toEqual([])
  })

  test('the Pushgateway has the final metrics of the run', async () => {
    // Otherwise the result of a run that ended between two scrapes would be lost.
    const pushed = await (await fetch(`${gateway.url}/metrics`)).text()
    const holds = (series: string, value: number) => expect(pushed).toContain(`${series} ${value}\n`)
    const key = 'instance="",job="cropstream"'
    holds(`cropstream_frames_decoded_total{${key}}`, manifest.frames)
    holds(`cropstream_frames_finished_total{${key}}`, manifest.frames)
    holds(`cropstream_run_success{${key}}`, 1)
    holds(`cropstream_run_active{${key}}`, 0)
    for (const [step, { in: itemsIn, out, dropped }] of Object.entries(manifest.steps)) {
      holds(`cropstream_step_items_in_total{${key},step="${step}"}`, itemsIn)
      holds(`cropstream_step_items_out_total{${key},step="${step}"}`, out)
      for (const [reason, n] of Object.entries(dropped))
        holds(`cropstream_step_dropped_total{${key},reason="${reason}",step="${step}"}`, n)
    }
    holds(`cropstream_upload_images_sum{${key}}`, manifest.steps.write?.out ?? 0)
    expect(pushed).toMatch(/^push_time_seconds\{instance="",job="cropstream"\} /m)
  })

  test('promtool accepts the textfile', async () => {
    // Otherwise the textfile collector of node_exporter would reject it, and all other metrics of the machine.
    const text = await readFile(textfile, 'utf8')
    expect(await promtool(['check', 'metrics'], text)).toBe('')
    expect(text).toContain(`\ncropstream_frames_finished_total ${manifest.frames}\n`)
    // The name of a run or a video would be a new series for each run.
    expect(text).not.toMatch(/watched|match\.mp4/)
  })
})

describeWithPrometheus('alerts', () => {
  test('are valid, and fire exactly when they should', async () => {
    // Otherwise a run could hang for a night, or users would learn to ignore false alerts.
    expect(await promtool(['check', 'rules', rules])).toMatch(/SUCCESS: \d+ rules found/)
    expect(await promtool(['test', 'rules', pathOf('test/observe/alerts.test.yml')])).toMatch(/SUCCESS/)
  })
})
