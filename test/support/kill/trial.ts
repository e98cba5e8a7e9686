import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Random, randomFor } from '../../../dist/random.js'
import type { Emulator } from '../gcs/emulator.js'
import type { Random as RandomFaults } from '../gcs/fault-plan.js'
import { type FaultProxy, startFaultProxy } from '../gcs/fault-proxy.js'
import { smallMatch } from './clip.js'
import { bucketOutput, datasetIn, folderOutput, framesKept, type Output } from './places.js'
import { cropstream, type Ended, type Moment, orphans } from './program.js'

/** A way to run that is tried: where to, as what, and what beside it. */
export interface Shape {
  readonly name: string
  readonly bucket: boolean
  readonly args: readonly string[]
}

const files = ['--layout', 'files', '--augment', '1']
/** With so many variants the least size of a shard is reached: a second one begins. */
const shards = ['--layout', 'shards', '--shard-megabytes', '1', '--augment', '7']
const beside = ['--report', '--preview', '--persist', 'all']

export const shapes: readonly Shape[] = [
  { name: 'files in a folder', bucket: false, args: files },
  { name: 'shards in a bucket', bucket: true, args: shards },
  { name: 'files and all beside them in a folder', bucket: false, args: [...files, ...beside] },
  { name: 'files in a bucket', bucket: true, args: files },
  { name: 'shards in a folder', bucket: false, args: shards },
  { name: 'shards and all beside them in a bucket', bucket: true, args: [...shards, ...beside] },
]

/** What is temporary, tells of a moment, or grows anew in each process. */
const passing = /\.checkpoint|\.tmp$|metadata\.json$|report\.html$|preview\.mp4$|detections\.json$/

/** How a shape's run is that nobody disturbs. */
interface Whole {
  readonly dataset: ReadonlyMap<string, string>
  /** How many events each stage has. */
  readonly stages: ReadonlyMap<string, number>
  readonly frames: number
}

export interface Trial {
  readonly seed: number
  readonly shape: string
  /** Moments at which the program did die. */
  readonly kills: readonly Moment[]
  /** What was not as it must be; none when all was well. */
  readonly violations: readonly string[]
  readonly faults: number
}

/**
 * Kills runs and goes on with them, and compares what comes out with what an undisturbed run makes. Everything
 * is drawn from the seed; only what lies between two events differs from time to time.
 */
export class Trials implements AsyncDisposable {
  readonly #whole = new Map<Shape, Promise<Whole>>()
  readonly #hits = new Map<string, number>()

  private constructor(
    readonly video: string,
    readonly folder: string,
    readonly emulator: Emulator | undefined,
  ) {}

  /** @param emulator without one, shapes in a bucket are left out. */
  static async of(video: string, emulator: Emulator | undefined): Promise<Trials> {
    return new Trials(video, await mkdtemp(join(tmpdir(), 'cropstream-kill-')), emulator)
  }

  /** Kills by stage, so far. */
  get hits(): ReadonlyMap<string, number> {
    return this.#hits
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }

  /** @param most kills. @param faults of the storage, beside the kills. */
  async run(seed: number, shape: Shape, most = 3, faults?: Omit<RandomFaults, 'seed'>): Promise<Trial> {
    this.#whole.get(shape) ?? this.#whole.set(shape, this.#undisturbed(shape))
    const whole = await this.#whole.get(shape)!
    const random = randomFor('kill', seed)
    const place = await this.#place(shape, faults && { ...faults, seed })
    const kills: Moment[] = []
    const violations: string[] = []
    // By one of the two ways to go on with a run, or both by turns.
    const guid = `run-${seed}`
    const named = random() < 0.5
    const planned = 1 + Math.floor(most * random())
    try {
      for (let attempt = 0; ; attempt++) {
        const moment = attempt < planned ? this.#choose(random, whole.stages) : undefined
        const before = await place.output.list()
        const kept = await framesKept(place.output, whole.frames)
        const asked = place.proxy?.log.length ?? 0
        const again = named || (before.size > 0 && random() < 0.3)
        const known = [...before.keys()].map(path => /run_([^/]+)\//.exec(path)?.[1]).find(Boolean)
        const which = named
          ? ['--run-guid', guid]
          : known !== undefined && again
            ? ['--run-guid', known]
            : attempt === 0
              ? []
              : ['--resume']
        const ended = await cropstream(
          [
            ...place.args,
            ...which,
            ...['--workers', random() < 0.7 ? '1' : '2'],
            ...['--checkpoint-frames', String(1 + Math.floor(3 * random()))],
          ],
          place.temporary,
          moment,
        )
        const killed = ended.code === null
        const what = killed ? `killed ${JSON.stringify(moment)}` : `ended with ${ended.code}`
        const complain = (message: string) =>
          violations.push(`attempt ${attempt} (${which.join(' ')}), ${what}: ${message}`)
        for (const command of await orphans(place.temporary)) complain(`left ${command}`)
        this.#checkTwice(ended, whole.frames - kept, killed, complain)
        const after = await place.output.list()
        for (const [path, written] of before) {
          if (after.get(path) !== written && !passing.test(path)) complain(`wrote ${path} again`)
        }
        if (faults === undefined) {
          for (const { kind, object, status } of place.proxy?.log.slice(asked) ?? []) {
            // Whether the video has been copied is found out by trying.
            if (status === 412 && kind !== 'copy') complain(`asked in vain for a ${kind} of ${object}`)
          }
        }
        if (moment !== undefined && killed) {
          kills.push(moment)
          this.#hits.set(moment.stage, (this.#hits.get(moment.stage) ?? 0) + 1)
          continue
        }
        if (ended.code !== 0) complain(ended.stderr.trim().slice(-2000))
        break
      }
      violations.push(...(await this.#differences(place, whole)))
      const faultCount = place.proxy?.injected.length ?? 0
      return { seed, shape: shape.name, kills, violations, faults: faultCount }
    } finally {
      await place.end()
    }
  }

  async #differences(place: Place, whole: Whole): Promise<string[]> {
    const found = await datasetIn(place.output)
    const wrong = [...whole.dataset].filter(([path, hash]) => found.get(path) !== hash).map(([path]) => path)
    const extra = [...found.keys()].filter(path => !whole.dataset.has(path))
    const left = await readdir(place.temporary)
    return [
      ...wrong.map(path => `${path} is ${found.has(path) ? 'another' : 'missing'}`),
      ...extra.map(path => `${path} is too much`),
      ...left.map(name => `${name} was left in TMPDIR`),
      ...(await place.doubled()).map(name => `${name} was written twice`),
    ]
  }

  /** What was kept is not done again. */
  #checkTwice({ events }: Ended, frames: number, killed: boolean, complain: (message: string) => void): void {
    const detected = events.filter(event => event.startsWith('detect')).length
    if (killed ? detected > frames : detected !== frames) {
      complain(`looked at ${detected} frames when ${frames} were not kept`)
    }
  }

  /** Each stage as often as any other, whatever it has to do. */
  #choose(random: Random, stages: Whole['stages']): Moment {
    const hits = (stage: string) => this.#hits.get(stage) ?? 0
    const least = Math.min(...[...stages.keys()].map(hits))
    const rare = [...stages.keys()].filter(stage => hits(stage) <= least + 1)
    const stage = rare[Math.floor(random() * rare.length)]!
    const nth = 1 + Math.floor(random() * stages.get(stage)!)
    const when = (['before', 'during', 'after'] as const)[Math.floor(random() * 3)]!
    return { stage, nth, when }
  }

  async #undisturbed(shape: Shape): Promise<Whole> {
    const place = await this.#place(shape)
    try {
      const args = [...place.args, '--workers', '1', '--checkpoint-frames', '2', '--run-guid', 'whole']
      const { code, stderr, events } = await cropstream(args, place.temporary)
      if (code !== 0) throw new Error(`Expected success of ${shape.name} but received ${code}: ${stderr}`)
      const stages = new Map<string, number>()
      for (const event of events) {
        const stage = event.slice(0, event.indexOf(' '))
        stages.set(stage, (stages.get(stage) ?? 0) + 1)
      }
      return { dataset: await datasetIn(place.output), stages, frames: stages.get('detect') ?? 0 }
    } finally {
      await place.end()
    }
  }

  async #place(shape: Shape, faults?: RandomFaults): Promise<Place> {
    const folder = await mkdtemp(join(this.folder, 'trial-'))
    const temporary = await mkdtemp(join(folder, 'tmp-'))
    if (!shape.bucket) {
      const output = folderOutput(join(folder, 'out'))
      return {
        ...{ output, temporary },
        args: [this.video, '--out', output.out, ...smallMatch, ...shape.args],
        doubled: async () => [],
        end: () => rm(folder, { recursive: true, force: true }),
      }
    }
    if (this.emulator === undefined) throw new Error('Expected an emulator')
    const bucket = await this.emulator.createBucket(`kill-${randomUUID()}`)
    await bucket.put('raw/game.mp4', await readFile(this.video))
    const proxy = await startFaultProxy({ target: this.emulator.url, ...(faults && { faults }) })
    const output = bucketOutput(bucket, 'out')
    return {
      ...{ output, temporary, proxy },
      args: [
        ...[`gs://${bucket.name}/raw/game.mp4`, '--out', output.out, '--gcs-endpoint', proxy.url],
        ...smallMatch,
        ...shape.args,
      ],
      doubled: async () => {
        const objects = await bucket.objects('out/')
        return objects.filter(({ name, writes }) => writes > 1 && !passing.test(name)).map(({ name }) => name)
      },
      end: async () => {
        await proxy.close()
        await rm(folder, { recursive: true, force: true })
      },
    }
  }
}

/** Where one trial works. */
interface Place {
  readonly output: Output
  readonly temporary: string
  readonly proxy?: FaultProxy
  readonly args: readonly string[]
  /** What was written more than once. */
  doubled(): Promise<string[]>
  end(): Promise<void>
}

/** For the command and the test: a line for each trial. */
export const told = ({ seed, shape, kills, violations, faults }: Trial): string =>
  [
    `seed ${seed}, ${shape}: ${kills.map(({ stage, nth, when }) => `${when} ${stage} ${nth}`).join(', ')}`,
    ...(faults > 0 ? [`  ${faults} faults`] : []),
    ...violations.slice(0, 10).map(violation => `  VIOLATION ${violation}`),
    ...(violations.length > 10 ? [`  and ${violations.length - 10} more`] : []),
  ].join('\n')
