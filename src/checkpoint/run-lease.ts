import { hostname } from 'node:os'
import { v4 } from 'uuid'
import { BusyError } from '../common/errors.js'
import { isAlive, type ProcessId, thisMachine, thisProcess } from '../common/processes.js'
import type { ListedObject, SharedStore } from '../storage/store.js'
import { checkpointFolder } from './checkpoint-segment.js'

/** Heartbeat interval; a lease expires after three missed heartbeats. */
const heartbeatSeconds = 60
const expirySeconds = 3 * heartbeatSeconds

interface Owner extends ProcessId {
  /** For a person. */
  readonly host: string
  /** Undefined where the system does not tell: then only the age of the lease counts. */
  readonly machine?: string | undefined
  /** Unique, so that a process recognizes its own lease when two create the same one at once. */
  readonly id?: string
}

const leasePrefix = `${checkpointFolder}lease-`

export const isLease = ({ path }: Pick<ListedObject, 'path'>): boolean =>
  path.startsWith(leasePrefix) && path.endsWith('.json')

/**
 * The right to work on a run. Leases are numbered and the highest holds. Takeover creates the next number;
 * create-if-absent picks one winner.
 *
 * If two processes work on one run, because the first was suspended, they write the same bytes under the same names:
 * correctness does not depend on the lease.
 */
export class RunLease implements AsyncDisposable {
  readonly #timer: NodeJS.Timeout

  private constructor(
    readonly store: SharedStore,
    readonly path: string,
  ) {
    // A failed heartbeat is retried at the next tick.
    this.#timer = setInterval(() => void store.touch(path).catch(() => {}), heartbeatSeconds * 1000)
    this.#timer.unref()
  }

  /**
   * @param listed objects in the store.
   * @throws BusyError when a process that is alive holds it.
   */
  static async acquire(store: SharedStore, listed: readonly ListedObject[]): Promise<RunLease> {
    const leases = listed.filter(isLease).sort((a, b) => numberOf(a) - numberOf(b))
    const last = leases.at(-1)
    if (last !== undefined) await refuseIfHeld(store, last)
    const path = `${leasePrefix}${last === undefined ? 0 : numberOf(last) + 1}.json`
    const owner: Owner = { host: hostname(), machine: thisMachine, ...thisProcess, id: v4() }
    if (!(await store.create(path, Buffer.from(`${JSON.stringify(owner)}\n`)))) {
      throw busy(store, 'another process has just started it', expirySeconds)
    }
    return new RunLease(store, path)
  }

  /** Releases it. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    // A lease that could not be removed expires.
    await this.store.remove(this.path).catch(() => {})
  }
}

async function refuseIfHeld(store: SharedStore, { path, changedMs }: ListedObject): Promise<void> {
  const owner = ownerOf(await store.read(path))
  const silentSeconds = Math.max(0, Math.round((Date.now() - changedMs) / 1000))
  if (owner?.machine !== undefined && owner.machine === thisMachine) {
    if (isAlive(owner)) throw busy(store, `process ${owner.pid} works on it`)
    return
  }
  if (silentSeconds >= expirySeconds) return
  const holder = owner === undefined ? 'another process' : `process ${owner.pid} on ${owner.host}`
  throw busy(store, `${holder} worked on it ${silentSeconds} s ago`, expirySeconds - silentSeconds)
}

function busy(store: SharedStore, why: string, waitSeconds?: number): BusyError {
  const remedy =
    waitSeconds === undefined ? 'wait for its end' : `if it has ended, try again in ${waitSeconds} s`
  return new BusyError(`Cannot work on ${store.root}: ${why}; ${remedy}`, waitSeconds)
}

/** Undefined when it is truncated: then only its age counts. */
function ownerOf(bytes: Buffer | undefined): Owner | undefined {
  try {
    const { host, machine, pid, born } = JSON.parse(String(bytes)) as Partial<Owner>
    if (host === undefined || pid === undefined || born === undefined) return undefined
    return { host, machine, pid, born }
  } catch {
    return undefined
  }
}

const numberOf = ({ path }: ListedObject): number => Number.parseInt(path.slice(leasePrefix.length), 10)
