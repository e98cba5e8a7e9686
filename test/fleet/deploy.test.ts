import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { z } from 'zod'
import type { Attempt } from '../../dist/fleet/contract.js'
import { verdictOn } from '../../dist/fleet/verdict.js'
import { describeWithPrometheus, promtool } from '../support/prometheus.js'
import { deployment, describeWithPython } from '../support/python.js'

const run = promisify(execFile)
const pathOf = (name: string) => resolve('deploy', name)
const read = (name: string) => readFile(pathOf(name), 'utf8')

const attempt = (exit_code: number): Attempt => ({
  ...{ exit_code, host: 'h', started_at: '2026-01-01T00:00:00Z', seconds: 1, core_seconds: 1 },
})
const codes = Array.from({ length: 255 }, (_, i) => i + 1)
const isFinal = (code: number) => verdictOn([attempt(code)], 4).next === 'fail'
/** Costs no try: another process works on the video, or it was interrupted. */
const isFree = (code: number) =>
  verdictOn(
    Array.from({ length: 100 }, () => attempt(code)),
    4,
  ).next !== 'fail'
/** Of an internal error. */
const tries = Array.from({ length: 20 }, (_, i) => i + 1).find(
  count =>
    verdictOn(
      Array.from({ length: count }, () => attempt(5)),
      4,
    ).next === 'fail',
)

test('the Indexed Job decides by the exit codes as a batch on one machine does', async () => {
  // Otherwise a cluster would try broken videos again for hours, or give up a game that was only interrupted.
  const onExitCodes = z.object({ operator: z.literal('In'), values: z.array(z.int()) })
  const { spec } = z
    .object({
      spec: z.object({
        backoffLimitPerIndex: z.int(),
        podFailurePolicy: z.object({
          rules: z.array(z.object({ action: z.string(), onExitCodes: onExitCodes.optional() })),
        }),
      }),
    })
    .parse(parseAllDocuments(await read('kubernetes/indexed-job.yaml'))[1]?.toJS())
  const { rules } = spec.podFailurePolicy
  const codesOf = (action: string) =>
    rules.flatMap(rule => (rule.action === action ? (rule.onExitCodes?.values ?? []) : []))
  expect(codesOf('FailIndex')).toEqual(codes.filter(isFinal))
  expect(codesOf('Ignore')).toEqual(codes.filter(isFree))
  expect(spec.backoffLimitPerIndex).toBe((tries ?? 0) - 1)
})

test('Google Cloud Batch gives up what a batch on one machine gives up', async () => {
  // Otherwise each broken video would take eleven machines, or a preemption would end a game. The service reads the
  // first policy only, and retries what it does not name.
  const policies = z
    .object({
      taskGroups: z.tuple([
        z.object({
          taskSpec: z.object({
            maxRetryCount: z.int().min(1),
            lifecyclePolicies: z.tuple([
              z.object({
                action: z.literal('FAIL_TASK'),
                actionCondition: z.object({ exitCodes: z.array(z.int()) }),
              }),
            ]),
          }),
        }),
      ]),
    })
    .parse(JSON.parse(await read('google/batch.json'))).taskGroups[0].taskSpec.lifecyclePolicies
  expect(policies[0].actionCondition.exitCodes).toEqual(codes.filter(isFinal))
})

test('the Slurm script requeues what a batch on one machine tries again', async () => {
  // Otherwise a game that was preempted would be missing, a broken video be tried for ever, or an array not end when a
  // person cancels it.
  const folder = await mkdtemp(join(tmpdir(), 'cropstream-slurm-'))
  const stub = async (name: string, script: string) => {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`)
    await chmod(join(folder, name), 0o755)
  }
  await stub('srun', 'exit "$CODE"')
  await stub('scontrol', 'case $* in *show*) echo "JobId=7 JobState=$STATE" ;; *) echo "$@" ;; esac')
  /** What the script asks of Slurm, and how it ends, when a step ends with a code. */
  const asked = async (code: number, restarts: number, state = 'RUNNING'): Promise<string> => {
    const env = {
      ...process.env,
      ...{ PATH: `${folder}:${process.env.PATH}`, CODE: `${code}`, SLURM_RESTART_COUNT: `${restarts}` },
      ...{ SLURM_ARRAY_JOB_ID: '7', SLURM_ARRAY_TASK_ID: '3', STATE: state },
    }
    const ended = run('bash', [pathOf('slurm/array.sh'), 'games.csv', '/out', 'weekend'], { env })
    const { stdout, ...error } = await ended.catch((error: { code: number; stdout: string }) => error)
    expect('code' in error ? error.code : 0).toBe(code)
    return stdout.trim()
  }
  const requeue = 'requeue 7_3'
  for (const code of [0, 2, 3]) expect(await asked(code, 0), `code ${code}`).toBe('')
  for (const code of [4, 5, 7, 137, 139]) {
    expect(await asked(code, 0), `code ${code}`).toBe(requeue)
    expect(await asked(code, (tries ?? 0) - 1), `code ${code}`).toBe('')
  }
  for (const code of codes.filter(isFree)) expect(await asked(code, 50), `code ${code}`).toBe(requeue)
  // After scancel.
  expect(await asked(130, 0, 'COMPLETING')).toBe('')
  await rm(folder, { recursive: true })
})

test.each([
  ['batch', ['kubernetes/indexed-job.yaml', 'google/batch.json', 'google/cloud-run-job.yaml'], '--index'],
  ['work', ['kubernetes/workers.yaml', 'compose/docker-compose.yml'], '--metrics-port'],
  ['status', ['kubernetes/queue.yaml', 'compose/docker-compose.yml'], '--serve'],
])('the options of the manifests are those of %s', async (command, files, expected) => {
  // Otherwise each of a thousand tasks would end with a usage error.
  const { stdout: help } = await run(process.execPath, [resolve('dist/graph.js'), command, '--help'])
  for (const file of files) {
    const given = parseAllDocuments(await read(file), { merge: true }).flatMap(document =>
      argumentsOf(command, document.toJS()),
    )
    const flags = given.filter(text => text.startsWith('--')).map(text => text.split('=')[0])
    expect(flags, file).toContain(expected)
    for (const flag of flags) expect(help, file).toMatch(new RegExp(`^ +${flag} `, 'm'))
  }
})

/** What follows the name of a command, in a list anywhere in a document. */
function argumentsOf(command: string, node: unknown): string[] {
  if (Array.isArray(node) && node[0] === command) return node.slice(1).map(String)
  if (typeof node !== 'object' || node === null) return []
  return Object.values(node).flatMap(child => argumentsOf(command, child))
}

describeWithPython(
  'manifests and the schemas of the programs that read them',
  python => {
    const check = resolve('test/support/deploy/check.py')
    test.each([
      ['kubernetes', 'kubernetes/indexed-job.yaml', 'parallelism:'],
      ['kubernetes', 'kubernetes/queue.yaml', 'replicas:'],
      ['kubernetes', 'kubernetes/workers.yaml', 'maxSurge:'],
      ['keda', 'kubernetes/autoscaling.yaml', 'minReplicaCount:'],
      ['batch', 'google/batch.json', '"maxRetryCount":'],
      ['cloud-run', 'google/cloud-run-job.yaml', 'maxRetries:'],
      ['compose', 'compose/docker-compose.yml', 'stop_grace_period:'],
      ['shell', 'slurm/array.sh', 'requeue()'],
    ])('%s: %s is accepted, with a misspelling in it refused', async (kind, file, word) => {
      // Otherwise a field that a program does not know would be found out at the start of a weekend, or, where it is
      // ignored, never.
      await python(check, kind, pathOf(file))
      const folder = await mkdtemp(join(tmpdir(), 'cropstream-manifest-'))
      const misspelled = join(folder, 'misspelled')
      const text = await read(file)
      expect(text).toContain(word)
      await writeFile(misspelled, text.replace(word, word.replace(/^("?)\w/, '$1x')))
      await expect(python(check, kind, misspelled)).rejects.toThrow()
      await rm(folder, { recursive: true })
    })
  },
  deployment,
)

describeWithPrometheus('the Prometheus of the compose file', () => {
  test('reads its configuration and the alerts', async () => {
    // Otherwise it would not start, or a queue without workers would not be told.
    expect(await promtool(['check', 'config', pathOf('compose/prometheus.yml')])).toMatch(/SUCCESS/)
    expect(await promtool(['check', 'rules', resolve('monitoring/queue-alerts.yml')])).toMatch(/SUCCESS/)
    const { rule_files } = z
      .object({ rule_files: z.array(z.string()) })
      .parse(parse(await read('compose/prometheus.yml')))
    expect(rule_files).toEqual(['/etc/prometheus/rules/*alerts.yml'])
  })
})
