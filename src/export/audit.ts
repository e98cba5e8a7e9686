import { OutputError } from '../common/errors.js'
import { type ExportImage, type Promised, type RunInfo, type Side, sides } from './contract.js'

/** What one side holds. */
export interface SideCount {
  readonly side: Side
  readonly images: number
  readonly identities: number
  /** 0 if the format names none. */
  readonly cameras: number
}

/** With fewer tested identities, chance decides the score. */
const fewestTested = 5

/** The images of a side, and the cameras of each of its identities. */
interface Placed {
  images: number
  readonly cameras: Map<number, Set<number>>
}

/** Frames and identities of a run that are in training and in testing. */
interface Apart {
  readonly training: Set<number>
  readonly testing: Set<number>
}

/** Counts what is on which side, and proves that nothing leaks from one to the other. */
export class Audit {
  readonly #sides = new Map<Side, Placed>()
  readonly #frames = new Map<RunInfo, Apart>()
  readonly #identities = new Map<RunInfo, Apart>()

  /** @throws OutputError for a variant outside of training. */
  placed({ run, identity, augmentation, frameIndex, path }: ExportImage, side: Side, camera?: number): void {
    const placed = this.#sides.get(side) ?? { images: 0, cameras: new Map() }
    this.#sides.set(side, placed)
    placed.images++
    const cameras = placed.cameras.get(identity.id) ?? new Set()
    placed.cameras.set(identity.id, cameras)
    if (camera !== undefined) cameras.add(camera)
    const isTraining = side === 'train'
    if (!isTraining && augmentation > 0) leaks(`${path}, a variant, is in ${side}`)
    addTo(this.#frames, run, isTraining, frameIndex)
    addTo(this.#identities, run, isTraining, identity.id)
  }

  get counts(): SideCount[] {
    return sides.flatMap(side => {
      const placed = this.#sides.get(side)
      if (placed === undefined) return []
      const { images, cameras } = placed
      const named = new Set([...cameras.values()].flatMap(each => [...each]))
      return [{ side, images, identities: cameras.size, cameras: named.size }]
    })
  }

  /**
   * @returns what was proved, in words.
   * @throws OutputError when training and testing are not kept apart as promised.
   */
  check(promised: Promised): string[] {
    if (promised === undefined) return []
    const all = [...this.#identities.keys()]
    const byIdentity = all.filter(({ split }) => promised === 'identities' || split.by === 'identity')
    for (const run of byIdentity) expectApart(this.#identities.get(run), `identity`, run)
    const byTime = all.filter(run => !byIdentity.includes(run))
    for (const run of byTime) expectApart(this.#frames.get(run), 'frame', run)
    // Each holds for some of the runs only, where they were split in both ways.
    const isMixed = byIdentity.length > 0 && byTime.length > 0
    const of = (way: string) => (isMixed ? ` of a run that was split by ${way}` : '')
    return [
      ...(byIdentity.length > 0 ? [`no identity${of('identity')} is in training and in testing`] : []),
      ...(byTime.length > 0 ? [`no frame${of('time')} is in training and in testing`] : []),
      ...(this.#sides.has('query') ? [this.#checkQueries()] : []),
    ]
  }

  #checkQueries(): string {
    const gallery = this.#sides.get('gallery')?.cameras
    const queries = this.#sides.get('query')?.cameras ?? new Map<number, Set<number>>()
    for (const [id, cameras] of queries) {
      for (const camera of cameras) {
        if ([...(gallery?.get(id) ?? [])].some(other => other !== camera)) continue
        leaks(`query ${id} of camera ${camera} has no image of another camera in the gallery`)
      }
    }
    const few =
      queries.size < fewestTested ? `; ${queries.size} tested identities are few to score a model by` : ''
    return `each query has a gallery image of another camera${few}`
  }
}

function addTo(map: Map<RunInfo, Apart>, run: RunInfo, isTraining: boolean, value: number): void {
  const apart = map.get(run) ?? { training: new Set(), testing: new Set() }
  map.set(run, apart)
  apart[isTraining ? 'training' : 'testing'].add(value)
}

function expectApart(apart: Apart | undefined, what: string, { location }: RunInfo): void {
  const both = [...(apart?.training ?? [])].filter(value => apart?.testing.has(value))
  if (both.length === 0) return
  leaks(`${what} ${both[0]} of ${location} is in training and in testing (${both.length} of them)`)
}

function leaks(what: string): never {
  throw new OutputError(`Leakage in the export: ${what}. Do not use it`)
}
