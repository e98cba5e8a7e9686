import { totalmem } from 'node:os'
import { defaultWorkers } from '../runtime/worker-pool.js'

/** More workers make one video hardly faster: one ffmpeg feeds no more (bench/results/scaling.md). */
const workersPerVideo = 4
/** Of a process with as many workers, for 1080p, with its ffmpeg; bytes. */
const usualBytes = 900e6
/** Share of the memory that is planned with. */
const usableShare = 0.8

export interface FleetCapacity {
  /** Videos at once. */
  readonly parallel: number
  /** Worker threads of each. */
  readonly workers: number
}

interface Machine {
  readonly cores: number
  /** Bytes that all processes may take. */
  readonly memory: number
}

/** Of this machine, or of the container that limits it. */
export function thisMachine(): Machine {
  const limit = process.constrainedMemory()
  return { cores: defaultWorkers(), memory: limit > 0 ? Math.min(limit, totalmem()) : totalmem() }
}

/**
 * How many videos are processed at once, and with how many workers each. One video that runs alone on a device for
 * networks keeps it busy.
 * @param given options of the machine.
 */
export function capacityOf(
  given: Readonly<Record<string, unknown>>,
  parallel: number | undefined,
  { cores, memory }: Machine = thisMachine(),
): FleetCapacity {
  const { workers, maxMemory, device } = given
  const threads = typeof workers === 'number' ? workers : undefined
  const bytes = typeof maxMemory === 'number' ? maxMemory * 1e6 : usualBytes
  const byMemory = Math.floor((usableShare * memory) / bytes)
  const byCores = Math.floor(cores / (threads ?? Math.min(workersPerVideo, cores)))
  const onDevice = device !== undefined && device !== 'cpu' && device !== 'auto'
  const videos = parallel ?? (onDevice ? 1 : Math.max(1, Math.min(byMemory, byCores)))
  return { parallel: videos, workers: threads ?? Math.max(1, Math.floor(cores / videos)) }
}
