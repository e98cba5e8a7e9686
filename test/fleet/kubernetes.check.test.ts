import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { box } from '../support/containers.js'
import {
  type ControlPlane,
  missingForControlPlane,
  startControlPlane,
} from '../support/kubernetes/control-plane.js'
import { type Container, Kubelet } from '../support/kubernetes/kubelet.js'

// npm run check:kubernetes: the manifests under a real API server and a real Job controller.
// CROPSTREAM_KUBERNETES=$(.ci/kubernetes) names a folder with both.

// The controller waits 10 s, then 20 s, before it tries a video again.
vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 })

const manifests = resolve('deploy/kubernetes')
const binaries = process.env.CROPSTREAM_KUBERNETES ?? ''
const missing = missingForControlPlane(binaries)
if (missing !== undefined) {
  const why = `'the Indexed Job' cannot run: ${missing}`
  if (process.env.CI || binaries !== '') throw new Error(why)
  console.warn(`\nSKIPPED: ${why}\n`)
}

/** Videos of the list, by index. */
const videos = { good: 0, broken: 1, crashing: 2, preempted: 3, handedBack: 4, other: 5 } as const
/** Exit codes of one that another process works on, and that was interrupted. */
const handedBack = [6, 130]
const preemptions = 2

const resourceSchema = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({}).optional(),
})
type Resource = z.infer<typeof resourceSchema>
const jobSchema = z.object({
  status: z.object({
    completedIndexes: z.string().default(''),
    failedIndexes: z.string().default(''),
    conditions: z.array(z.object({ type: z.string(), reason: z.string().optional() })).default([]),
  }),
})

const podsSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ annotations: z.record(z.string(), z.string()) }),
      status: z.object({ phase: z.string() }),
    }),
  ),
})

describe.skipIf(missing !== undefined)('the manifests for Kubernetes', () => {
  let controlPlane: ControlPlane
  beforeAll(async () => {
    controlPlane = await startControlPlane(binaries)
  })
  afterAll(() => controlPlane?.[Symbol.asyncDispose]())

  const apply = (resource: Resource, query = '') =>
    controlPlane.ask('POST', `${collectionOf(resource)}${query}`, resource)

  test('the API server accepts each of them, and warns of no field', async () => {
    // Otherwise an engineer would find out on the cluster, on a Saturday. The schema alone does not know the rules:
    // which policy goes with which restarts, which names are valid.
    for (const file of ['indexed-job.yaml', 'queue.yaml', 'workers.yaml']) {
      for (const resource of await resourcesOf(file))
        await apply(resource, '?dryRun=All&fieldValidation=Strict')
    }
  })

  test('tries what may pass, gives up what cannot, and goes on with the others', async () => {
    // Otherwise one broken video would end a weekend, or three preemptions would cost a game, unnoticed until Monday.
    const folder = await mkdtemp(join(tmpdir(), 'cropstream-job-'))
    const games = join(folder, 'games')
    await mkdir(games)
    for (const [name, index] of Object.entries(videos)) {
      const path = join(games, `${index}-${name}.mp4`)
      // Equal videos would be one dataset.
      const video = [await readFile(inject('match').video), box('free', Buffer.from(name))]
      await writeFile(path, name === 'broken' ? 'not a video' : Buffer.concat(video))
    }
    const places = { 'gs://games/weekend/': games, 'gs://datasets': join(folder, 'datasets') }
    await using kubelet = new Kubelet(controlPlane, container => commandOf(container, places))
    const [account, job] = await resourcesOf('indexed-job.yaml')
    if (account === undefined || job === undefined) throw new Error('Expected an account and a job')
    await apply(account)
    // What the file marks as yours.
    const completions = Object.keys(videos).length
    await apply({ ...job, spec: { ...job.spec, completions, maxFailedIndexes: completions } })

    const path = `${collectionOf(job)}/${job.metadata.name}`
    const evicted = new Set<string>()
    let status: z.infer<typeof jobSchema>['status']
    do {
      await delay(200)
      const pod = kubelet.podOf(videos.preempted)
      if (pod !== undefined && evicted.size < preemptions && !evicted.has(pod)) {
        evicted.add(pod)
        await evict(pod)
      }
      ;({ status } = jobSchema.parse(await controlPlane.ask('GET', path)))
    } while (!status.conditions.some(({ type }) => type === 'Complete' || type === 'Failed'))

    const codes = Object.entries(videos).map(([name, index]) => [name, kubelet.exitCodesOf(index)])
    expect(Object.fromEntries(codes)).toEqual({
      good: [0],
      other: [0],
      broken: [3],
      crashing: [5, 5, 5],
      preempted: [137, 137, 0],
      handedBack: [...handedBack, 0],
    })
    expect(status).toMatchObject({
      completedIndexes: '0,3-5',
      failedIndexes: '1,2',
      conditions: expect.arrayContaining([{ type: 'Failed', reason: 'FailedIndexes' }]),
    })
    for (const index of [videos.preempted, videos.handedBack]) expect(await failuresOf(index)).toBe('0')
    const made = await readdir(places['gs://datasets'], { recursive: true })
    expect(made.filter(file => file.endsWith('manifest.json'))).toHaveLength(4)
    await rm(folder, { recursive: true })
  })

  /** What the controller counted against an index, by its last pod. */
  async function failuresOf(index: number): Promise<string | undefined> {
    const selector = encodeURIComponent(`batch.kubernetes.io/job-completion-index=${index}`)
    const { items } = podsSchema.parse(
      await controlPlane.ask('GET', `/api/v1/namespaces/default/pods?labelSelector=${selector}`),
    )
    const last = items.find(({ status }) => status.phase === 'Succeeded')
    return last?.metadata.annotations['batch.kubernetes.io/job-index-failure-count']
  }

  async function evict(pod: string): Promise<void> {
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod } }
    await controlPlane.ask('POST', `/api/v1/namespaces/default/pods/${pod}/eviction`, eviction)
  }
})

/** The program as the image has it, with folders for buckets; some videos have others, that end as it may end. */
function commandOf({ args, env, attempt }: Container, places: Readonly<Record<string, string>>): string[] {
  const index = Number(env.JOB_COMPLETION_INDEX)
  const exits = (code: number) => [process.execPath, '-e', `process.exit(${code})`]
  if (index === videos.crashing) return exits(5)
  const code = handedBack[attempt]
  if (index === videos.handedBack && code !== undefined) return exits(code)
  if (index === videos.preempted && attempt < preemptions) return ['sleep', '3600']
  const inPlace = (text: string) =>
    Object.entries(places).reduce((text, [from, to]) => text.replace(from, to), text)
  return [process.execPath, resolve('dist/graph.js'), ...args.map(inPlace)]
}

async function resourcesOf(file: string): Promise<Resource[]> {
  const documents = parseAllDocuments(await readFile(join(manifests, file), 'utf8'))
  return documents.map(document => resourceSchema.parse(document.toJS()))
}

function collectionOf({ apiVersion, kind }: Resource): string {
  const version = z.string().parse(apiVersion)
  const plural = `${kind.toLowerCase()}s`
  return `${version === 'v1' ? '/api' : '/apis'}/${version}/namespaces/default/${plural}`
}
