import { totalmem } from 'node:os'
import { defaultWorkers } from '../runtime/worker-pool.js'

/**
 * Memory of a process for 1080p, with its ffmpeg, in bytes: measured were 370 MB with one worker and 530 MB with two.
 */
const usualBytes = (workers: number): number => 250e6 + 200e6 * workers
/** Worker threads that fit into so many bytes, for 1080p. */
const workersWithin = (bytes: number): number => Math.max(1, Math.floor((bytes - 250e6) / 200e6))
/** Share of the memory that is planned with. */
const usableShare = 0.8
/** Videos for each of those that are processed at once, so that cores are idle only for a short time at the end. */
const videosEach = 4

export interface FleetCapacity {
  /** Videos at once. */
  readonly parallel: number
  /** Worker threads of each. Undefined for one video with a limit of memory, to which it fits them itself. */
  readonly workers: number | undefined
}

interface Machine {
  readonly cores: number
  /** Bytes that all processes may take. */
  readonly memory: number
}

/** Of this machine, or of the container that limits it. */
function thisMachine(): Machine {
  const limit = process.constrainedMemory()
  return { cores: defaultWorkers(), memory: limit > 0 ? Math.min(limit, totalmem()) : totalmem() }
}

/**
 * How many videos are processed at once, and with how many workers each. Many videos at once with one worker each take the
 * least, since a start and the end of a video leave the cores of others busy; few videos share the cores. One video keeps a
 * device for networks busy.
 * @param given options of the machine.
 * @param parallel what the user asked for, if anything.
 * @param videos that wait.
 */
export function capacityOf(
  given: Readonly<Record<string, unknown>>,
  parallel: number | undefined,
  videos: number,
  { cores, memory }: Machine = thisMachine(),
): FleetCapacity {
  const { workers: threads, maxMemory, device } = given
  const fixed = typeof threads === 'number' ? threads : undefined
  const limit = typeof maxMemory === 'number' ? maxMemory * 1e6 : undefined
  const share = (count: number): number => fixed ?? Math.max(1, Math.floor(cores / count))
  const withinLimit = (count: number): FleetCapacity => {
    if (limit === undefined || fixed !== undefined) return { parallel: count, workers: share(count) }
    return {
      parallel: count,
      workers: count === 1 ? undefined : Math.min(share(count), workersWithin(limit)),
    }
  }
  if (parallel !== undefined) return withinLimit(parallel)
  const onDevice = device !== undefined && device !== 'cpu' && device !== 'auto'
  let count = Math.min(Math.floor(cores / (fixed ?? 1)), Math.floor(videos / videosEach))
  count = onDevice ? 1 : Math.max(1, count)
  const usable = usableShare * memory
  if (limit !== undefined) return withinLimit(Math.max(1, Math.min(count, Math.floor(usable / limit))))
  let workers = share(count)
  while (count * usualBytes(workers) > usable) {
    if (workers > 1 && fixed === undefined) workers--
    else if (count > 1) count--
    else break
  }
  return { parallel: count, workers }
}
