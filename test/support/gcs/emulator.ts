import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../port.js'
import { binaries } from './binary.js'
import { type Bucket, createBucket } from './bucket.js'

/** A running fake-gcs-server. */
export interface Emulator extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, the `apiEndpoint` of a client or the target of a proxy. */
  readonly url: string
  /** A new, empty bucket; one for each test keeps them apart. */
  createBucket(name: string): Promise<Bucket>
  stop(): Promise<void>
}

/**
 * Starts the first fake-gcs-server that can be had and that enforces preconditions; older ones accept every
 * write, which would pass the tests that matter most. The first start on a machine installs it, in minutes.
 *
 * In memory a write takes time in proportion to the objects of its bucket: thousands belong in a folder, whose
 * emulator keeps no versions, so that `StoredObject.writes` says nothing there.
 *
 * @returns undefined when none can be had.
 */
export async function startEmulator({
  folder,
}: {
  readonly folder?: string
} = {}): Promise<Emulator | undefined> {
  for await (const binary of binaries()) {
    const emulator = await start(binary, folder).catch(() => undefined)
    if (emulator && (await enforcesPreconditions(emulator))) return emulator
    await emulator?.stop()
  }
  return undefined
}

async function start(binary: string, folder?: string): Promise<Emulator> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const backend = folder ? ['-backend', 'filesystem', '-filesystem-root', folder] : ['-backend', 'memory']
  const flags = [...backend, '-scheme', 'http', '-host', '127.0.0.1', '-log-level', 'error']
  const addresses = ['-port', `${port}`, '-external-url', url, '-public-host', `127.0.0.1:${port}`]
  // The shell waits on a pipe that closes however this process ends, so that no server outlives it.
  const child = spawn(
    'sh',
    ['-c', '"$0" "$@" & exec 2>&-; read -r _; kill $!; wait', binary, ...flags, ...addresses],
    {
      stdio: ['pipe', 'ignore', 'pipe'],
    },
  )
  // The server alone holds stderr: its end is the server's.
  const ended = once(child.stderr.resume(), 'close')
  const stop = async () => {
    child.stdin.end()
    await ended
  }
  try {
    await Promise.race([healthy(url), ended.then(() => Promise.reject(new Error(`${binary} ended at once`)))])
  } catch (error) {
    await stop()
    throw error
  }
  return { url, createBucket: name => createBucket(url, name, !folder), stop, [Symbol.asyncDispose]: stop }
}

async function healthy(url: string): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const answer = await fetch(`${url}/_internal/healthcheck`).catch(() => undefined)
    if (answer?.ok) return
    await delay(20)
  }
  throw new Error(`Expected an answer from ${url} within 10 seconds`)
}

/** Simple uploads were the last kind of insert to learn them. */
async function enforcesPreconditions({ url, createBucket }: Emulator): Promise<boolean> {
  const { name } = await createBucket('probe')
  const insert = () =>
    fetch(`${url}/upload/storage/v1/b/${name}/o?uploadType=media&name=once&ifGenerationMatch=0`, {
      method: 'POST',
      body: 'x',
    })
  await insert()
  return (await insert()).status === 412
}
