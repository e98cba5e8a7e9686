import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import type { ControlPlane } from './control-plane.js'

const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    uid: z.string(),
    deletionTimestamp: z.string().optional(),
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.object({
    nodeName: z.string().optional(),
    containers: z.tuple([
      z.object({
        name: z.string(),
        image: z.string(),
        args: z.array(z.string()),
        env: z.array(
          z.object({
            name: z.string(),
            value: z.string().optional(),
            valueFrom: z.object({ fieldRef: z.object({ fieldPath: z.string() }) }).optional(),
          }),
        ),
      }),
    ]),
  }),
})
type Pod = z.infer<typeof podSchema>

/** A container of which only what decides its process is known. */
export interface Container {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Of this index, from 0. */
  readonly attempt: number
}

const pods = '/api/v1/namespaces/default/pods'
const indexLabel = 'batch.kubernetes.io/job-completion-index'

/**
 * Runs the containers of pods as processes of this machine. What it says of them to the API server is what a kubelet
 * says.
 */
export class Kubelet implements AsyncDisposable {
  readonly #running = new Map<string, ChildProcess>()
  readonly #exitCodes = new Map<number, number[]>()
  readonly #names = new Map<number, string>()
  readonly #stop = new AbortController()
  readonly #ended: Promise<void>
  #error: unknown
  readonly #fail = (error: unknown) => {
    this.#error ??= error
  }

  /** @param commandOf what a container runs: its image. */
  constructor(
    private readonly controlPlane: ControlPlane,
    private readonly commandOf: (container: Container) => readonly string[],
  ) {
    this.#ended = this.#loop().catch(this.#fail)
  }

  /** Exit codes of the pods of an index, in order. */
  exitCodesOf(index: number): readonly number[] {
    return this.#exitCodes.get(index) ?? []
  }

  /** Name of the pod of an index that runs now. @throws when a request of the kubelet failed. */
  podOf(index: number): string | undefined {
    if (this.#error !== undefined) throw this.#error
    return this.#names.get(index)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    for (const child of this.#running.values()) child.kill('SIGKILL')
    await this.#ended
  }

  async #loop(): Promise<void> {
    const seen = new Set<string>()
    const runs: Promise<void>[] = []
    while (!this.#stop.signal.aborted) {
      const { items } = z
        .object({ items: z.array(podSchema) })
        .parse(await this.controlPlane.ask('GET', pods))
      for (const pod of items) {
        const { uid, deletionTimestamp } = pod.metadata
        // As when a machine is gone at once.
        if (deletionTimestamp !== undefined) this.#running.get(uid)?.kill('SIGKILL')
        if (seen.has(uid) || deletionTimestamp !== undefined) continue
        seen.add(uid)
        runs.push(this.#run(pod).catch(this.#fail))
      }
      await delay(100)
    }
    await Promise.all(runs)
  }

  async #run(pod: Pod): Promise<void> {
    const { name, uid, labels } = pod.metadata
    const [container] = pod.spec.containers
    const path = `${pods}/${name}`
    const target = { apiVersion: 'v1', kind: 'Node', name: 'this-machine' }
    await this.controlPlane.ask('POST', `${path}/binding`, {
      ...{ apiVersion: 'v1', kind: 'Binding', metadata: { name }, target },
    })
    const index = Number(labels[indexLabel])
    const codes = this.#exitCodes.get(index) ?? []
    this.#exitCodes.set(index, codes)
    const env = environmentOf(pod)
    const [program = '', ...args] = this.commandOf({ args: container.args, env, attempt: codes.length })
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: 'ignore' })
    this.#running.set(uid, child)
    const ended = once(child, 'exit')
    await this.#report(path, container, 'Running', { running: { startedAt: new Date().toISOString() } })
    this.#names.set(index, name)
    const [code, signal] = await ended
    this.#running.delete(uid)
    this.#names.delete(index)
    if (this.#stop.signal.aborted) return
    const exitCode = signal === null ? Number(code) : 128 + constants.signals[signal as NodeJS.Signals]
    codes.push(exitCode)
    const phase = exitCode === 0 ? 'Succeeded' : 'Failed'
    await this.#report(path, container, phase, { terminated: { exitCode } })
    const { metadata } = podSchema.parse(await this.controlPlane.ask('GET', path))
    if (metadata.deletionTimestamp !== undefined)
      await this.controlPlane.ask('DELETE', path, {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        gracePeriodSeconds: 0,
      })
  }

  async #report(
    path: string,
    { name, image }: Pod['spec']['containers'][0],
    phase: string,
    state: object,
  ): Promise<void> {
    const status = {
      phase,
      containerStatuses: [{ name, image, imageID: image, ready: false, restartCount: 0, state }],
    }
    await this.controlPlane.ask('PATCH', `${path}/status`, { status }, 'application/merge-patch+json')
  }
}

function environmentOf({ metadata, spec }: Pod): Record<string, string> {
  const fieldAt = (path: string): string => {
    const [, field, key = ''] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path) ?? []
    const value = field === 'labels' ? metadata.labels[key] : metadata.annotations[key]
    if (value === undefined) throw new Error(`Expected a label or an annotation but received ${path}`)
    return value
  }
  return Object.fromEntries(
    spec.containers[0].env.map(({ name, value = '', valueFrom }) => [
      name,
      valueFrom === undefined ? value : fieldAt(valueFrom.fieldRef.fieldPath),
    ]),
  )
}
