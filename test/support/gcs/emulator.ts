import { freePort } from '../port.js'
import { startServer, untilReady } from '../server.js'
import { binaries } from './binary.js'
import { type Bucket, createBucket } from './bucket.js'

/** A running fake-gcs-server. */
export interface Emulator extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, the `apiEndpoint` of a client or the target of a proxy. */
  readonly url: string
  /** Creates an empty bucket; each test should have its own. */
  createBucket(name: string): Promise<Bucket>
  stop(): Promise<void>
}

/**
 * Starts the first available fake-gcs-server that enforces preconditions; older ones accept every write, so that the
 * most important tests would pass wrongly. The first start on a machine installs it, which takes minutes.
 *
 * In memory, the time of a write is proportional to the number of objects in the bucket: use a folder for thousands of
 * objects. There the emulator keeps no versions, and `StoredObject.writes` is meaningless.
 *
 * @returns undefined when none is available.
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
  const server = startServer(binary, [...flags, ...addresses])
  await untilReady(server, binary, async () => (await fetch(`${url}/_internal/healthcheck`)).ok)
  const stop = async () => server[Symbol.asyncDispose]()
  return { url, createBucket: name => createBucket(url, name, !folder), stop, [Symbol.asyncDispose]: stop }
}

/** Tests with a simple upload, the last kind of insert that got preconditions. */
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
