import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Random, randomFor } from '../../../dist/common/random.js'
import type { Emulator } from '../gcs/emulator.js'
import type { Random as RandomFaults } from '../gcs/fault-plan.js'
import { type FaultProxy, startFaultProxy } from '../gcs/fault-proxy.js'
import { eightFrames } from '../small-match.js'
import { bucketOutput, datasetIn, folderOutput, framesKept, type Output } from './outputs.js'
import { cropstream, type Ended, type Moment, orphans } from './program.js'

/** A kind of run: output, layout and other options. */
export interface Shape {
  readonly name: string
  readonly bucket: boolean
  readonly args: readonly string[]
}

const files = ['--layout', 'files', '--augment', '1']
/** With so many variants, the smallest shard size is exceeded: there is a second shard. */
const shards = ['--layout', 'shards', '--shard-megabytes', '1', '--augment', '7']
const extras = ['--report', '--preview', '--persist', 'all']

export const shapes: readonly Shape[] = [
  { name: 'files in a folder', bucket: false, args: files },
  { name: 'shards in a bucket', bucket: true, args: shards },
  { name: 'files and extras in a folder', bucket: false, args: [...files, ...extras] },
  { name: 'files in a bucket', bucket: true, args: files },
  { name: 'shards in a folder', bucket: false, args: shards },
  { name: 'shards and extras in a bucket', bucket: true, args: [...shards, ...extras] },
]

/** Objects that are temporary, depend on the time, or are written again by each process. */
const rewritten = /\.checkpoint|\.tmp$|metadata\.json$|report\.html$|preview\.mp4$|detections\.json$/

/** The result of an uninterrupted run. */
interface Reference {
  readonly dataset: ReadonlyMap<string, string>
  /** Number of events per stage. */
  readonly stages: ReadonlyMap<string, number>
  readonly frames: number
}

export interface Trial {
  readonly seed: number
  readonly shape: string
  /** Moments at which the program was killed. */
  readonly kills: readonly Moment[]
  /** Empty on success. */
  readonly violations: readonly string[]
  readonly faults: number
}

/**
 * Kills runs, resumes them, and compares the results with those of an uninterrupted run. Everything depends on the
 * seed, except the timing between two events.
 */
export class Trials implements AsyncDisposable {
  readonly #references = new Map<Shape, Promise<Reference>>()

  private constructor(
    readonly video: string,
    readonly folder: string,
    readonly emulator: Emulator | undefined,
  ) {}

  /** @param emulator required for shapes in a bucket. */
  static async of(video: string, emulator: Emulator | undefined): Promise<Trials> {
    return new Trials(video, await mkdtemp(join(tmpdir(), 'cropstream-crash-')), emulator)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }

  /** @param most largest number of kills. @param faults storage faults to inject. */
  async run(seed: number, shape: Shape, most = 3, faults?: Omit<RandomFaults, 'seed'>): Promise<Trial> {
    this.#references.get(shape) ?? this.#references.set(shape, this.#uninterrupted(shape))
    const reference = await this.#references.get(shape)!
    const random = randomFor('kill', seed)
    const place = await this.#place(shape, faults && { ...faults, seed })
    const kills: Moment[] = []
    const violations: string[] = []
    const guid = random() < 0.5 ? `run-${seed}` : undefined
    const planned = 1 + Math.floor(most * random())
    try {
      for (let attempt = 0; ; attempt++) {
        const moment = attempt < planned ? momentOf(seed + attempt, random, reference.stages) : undefined
        const before = await place.output.list()
        const kept = await framesKept(place.output, reference.frames)
        const logged = place.proxy?.log.length ?? 0
        const flags = [
          ...identityOf(guid, before, attempt, random),
          ...['--workers', random() < 0.7 ? '1' : '2'],
          ...['--checkpoint-frames', String(1 + Math.floor(3 * random()))],
        ]
        const ended = await cropstream([...place.args, ...flags], place.temporary, moment)
        const killed = ended.code === null
        const log = faults === undefined ? (place.proxy?.log.slice(logged) ?? []) : []
        const wrong = [
          ...(await orphans(place.temporary)).map(command => `left ${command}`),
          ...doneAgain(ended, reference.frames - kept),
          ...writtenAgain(before, await place.output.list(), log),
          ...(killed || ended.code === 0 ? [] : [ended.stderr.trim().slice(-2000)]),
        ]
        const what = killed ? `killed ${JSON.stringify(moment)}` : `ended with ${ended.code}`
        violations.push(...wrong.map(it => `attempt ${attempt} (${flags.join(' ')}), ${what}: ${it}`))
        if (moment === undefined || !killed) break
        kills.push(moment)
      }
      violations.push(...(await this.#differences(place, reference)))
      return { seed, shape: shape.name, kills, violations, faults: place.proxy?.injected.length ?? 0 }
    } finally {
      await place.end()
    }
  }

  async #differences(place: Place, reference: Reference): Promise<string[]> {
    const found = await datasetIn(place.output)
    const wrong = [...reference.dataset]
      .filter(([path, hash]) => found.get(path) !== hash)
      .map(([path]) => path)
    const extra = [...found.keys()].filter(path => !reference.dataset.has(path))
    const left = await readdir(place.temporary)
    return [
      ...wrong.map(path => `${path} is ${found.has(path) ? 'different' : 'missing'}`),
      ...extra.map(path => `${path} is unexpected`),
      ...left.map(name => `${name} was left in TMPDIR`),
      ...(await place.doubled()).map(name => `${name} was written twice`),
    ]
  }

  async #uninterrupted(shape: Shape): Promise<Reference> {
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
        args: [this.video, '--out', output.out, ...eightFrames, ...shape.args],
        doubled: async () => [],
        end: () => rm(folder, { recursive: true, force: true }),
      }
    }
    if (this.emulator === undefined) throw new Error('Expected an emulator')
    const bucket = await this.emulator.createBucket(`crash-${randomUUID()}`)
    await bucket.put('raw/game.mp4', await readFile(this.video))
    const proxy = await startFaultProxy({ target: this.emulator.url, ...(faults && { faults }) })
    const output = bucketOutput(bucket, 'out')
    return {
      ...{ output, temporary, proxy },
      args: [
        ...[`gs://${bucket.name}/raw/game.mp4`, '--out', output.out, '--gcs-endpoint', proxy.url],
        ...eightFrames,
        ...shape.args,
      ],
      doubled: async () => {
        const objects = await bucket.objects('out/')
        return objects
          .filter(({ name, writes }) => writes > 1 && !rewritten.test(name))
          .map(({ name }) => name)
      },
      end: async () => {
        await proxy.close()
        await rm(folder, { recursive: true, force: true })
      },
    }
  }
}

/** The output and temporary folder of one trial. */
interface Place {
  readonly output: Output
  readonly temporary: string
  readonly proxy?: FaultProxy
  readonly args: readonly string[]
  /** Names of objects that were written more than once. */
  doubled(): Promise<string[]>
  end(): Promise<void>
}

/** Takes the stages in turn, regardless of their number of events. */
function momentOf(turn: number, random: Random, stages: Reference['stages']): Moment {
  const [stage, events] = [...stages][(7 * turn) % stages.size]!
  const nth = 1 + Math.floor(random() * events)
  const when = (['before', 'during', 'after'] as const)[Math.floor(random() * 3)]!
  return { stage, nth, when }
}

/** Flags for one of the two ways to resume a run, or both alternately. */
function identityOf(
  guid: string | undefined,
  before: ReadonlyMap<string, string>,
  attempt: number,
  random: Random,
): string[] {
  if (guid !== undefined) return ['--run-guid', guid]
  const known = [...before.keys()].map(path => /run_([^/]+)\//.exec(path)?.[1]).find(Boolean)
  if (known !== undefined && random() < 0.3) return ['--run-guid', known]
  return attempt === 0 ? [] : ['--resume']
}

/** @param frames number of frames in no checkpoint. */
function doneAgain({ code, events }: Ended, frames: number): string[] {
  const detected = events.filter(event => event.startsWith('detect')).length
  const right = code === null ? detected <= frames : detected === frames
  return right ? [] : [`processed ${detected} frames although only ${frames} were in no checkpoint`]
}

function writtenAgain(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  log: FaultProxy['log'],
): string[] {
  const changed = [...before].filter(
    ([path, written]) => after.get(path) !== written && !rewritten.test(path),
  )
  // A copy of the video with a precondition is expected: it finds out whether the video has been copied.
  const refused = log.filter(({ kind, status }) => status === 412 && kind !== 'copy')
  return [
    ...changed.map(([path]) => `wrote ${path} again`),
    ...refused.map(({ kind, object }) => `sent a useless ${kind} of ${object}`),
  ]
}

/** A text for the command and the test. */
export const described = ({ seed, shape, kills, violations, faults }: Trial): string =>
  [
    `seed ${seed}, ${shape}: ${kills.map(({ stage, nth, when }) => `${when} ${stage} ${nth}`).join(', ')}`,
    ...(faults > 0 ? [`  ${faults} faults`] : []),
    ...violations.slice(0, 10).map(violation => `  VIOLATION ${violation}`),
    ...(violations.length > 10 ? [`  and ${violations.length - 10} more`] : []),
  ].join('\n')
