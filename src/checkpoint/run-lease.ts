import { hostname } from 'node:os'
import { v4 } from 'uuid'
import { CropstreamError, exitCode } from '../common/errors.js'
import { isAlive, type ProcessId, thisProcess } from '../common/processes.js'
import type { ListedObject, SharedStore } from '../storage/store.js'
import { checkpointFolder } from './checkpoint-segment.js'

/** Who works on a run says so again and again; who has not for three times as long is gone. */
const beatSeconds = 60
const goneSeconds = 3 * beatSeconds

interface Owner extends ProcessId {
  readonly host: string
  /** No two claims are equal, or each of two that are made at once would take it for its own. */
  readonly id?: string
}

const claimPrefix = `${checkpointFolder}claim-`

const isClaim = ({ path }: Pick<ListedObject, 'path'>): boolean =>
  path.startsWith(claimPrefix) && path.endsWith('.json')

/**
 * The right to work on a run. Claims are numbered and the highest holds: to take over from a process that is
 * gone is to be the one who creates the next number, which a store lets only one of many do.
 *
 * Should two processes ever work on one run, because the first was only asleep, then they write the same
 * bytes under the same names: a claim saves work, it does not keep the data whole.
 */
export class RunLease implements AsyncDisposable {
  readonly #timer: NodeJS.Timeout

  private constructor(
    readonly store: SharedStore,
    readonly path: string,
  ) {
    // One that cannot be said is said again.
    this.#timer = setInterval(() => void store.touch(path).catch(() => {}), beatSeconds * 1000)
    this.#timer.unref()
  }

  /**
   * @param there what the store holds.
   * @throws CropstreamError with the exit code `busy` when a process that is alive has it.
   */
  static async on(store: SharedStore, there: readonly ListedObject[]): Promise<RunLease> {
    const claims = there.filter(isClaim).sort((a, b) => numberOf(a) - numberOf(b))
    const last = claims.at(-1)
    if (last !== undefined) await checkGone(store, last)
    const path = `${claimPrefix}${last === undefined ? 0 : numberOf(last) + 1}.json`
    const owner: Owner = { host: hostname(), ...thisProcess, id: v4() }
    if (!(await store.create(path, Buffer.from(`${JSON.stringify(owner)}\n`)))) {
      throw busy(store, 'another process has just begun it', goneSeconds)
    }
    return new RunLease(store, path)
  }

  /** Gives it up. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    // If it stays, it is taken for what it then is: the claim of a process that is gone.
    await this.store.remove(this.path).catch(() => {})
  }
}

async function checkGone(store: SharedStore, { path, changedMs }: ListedObject): Promise<void> {
  const owner = ownerOf(await store.read(path))
  const silentSeconds = Math.max(0, Math.round((Date.now() - changedMs) / 1000))
  if (owner !== undefined && owner.host === hostname()) {
    if (isAlive(owner)) throw busy(store, `process ${owner.pid} works on it`)
    return
  }
  if (silentSeconds >= goneSeconds) return
  const who = owner === undefined ? 'another process' : `process ${owner.pid} on ${owner.host}`
  throw busy(store, `${who} worked on it ${silentSeconds} s ago`, goneSeconds - silentSeconds)
}

function busy(store: SharedStore, why: string, waitSeconds?: number): CropstreamError {
  const what = waitSeconds === undefined ? 'wait for its end' : `if it is gone, try again in ${waitSeconds} s`
  return new CropstreamError(exitCode.busy, `Cannot work on ${store.root}: ${why}; ${what}`)
}

/** Undefined when it was not written whole: then only its age says something. */
function ownerOf(bytes: Buffer | undefined): Owner | undefined {
  try {
    const { host, pid, born } = JSON.parse(String(bytes)) as Partial<Owner>
    return host === undefined || pid === undefined || born === undefined ? undefined : { host, pid, born }
  } catch {
    return undefined
  }
}

const numberOf = ({ path }: ListedObject): number => Number.parseInt(path.slice(claimPrefix.length), 10)
