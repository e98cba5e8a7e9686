import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { freePort } from '../port.js'
import { type Server, startServer, untilReady } from '../server.js'

const token = 'test'
const programs = ['kube-apiserver', 'kube-controller-manager'] as const

/** A real API server with a real Job controller, and nothing that runs pods. */
export interface ControlPlane extends AsyncDisposable {
  /** Sends a request to the API server. Resolves to the JSON of the answer. @throws with what the server said. */
  ask(method: string, path: string, body?: unknown, contentType?: string): Promise<unknown>
}

/** Why there can be no control plane on this machine, or undefined. */
export function missingForControlPlane(folder: string | undefined): string | undefined {
  if (!folder) return 'CROPSTREAM_KUBERNETES is not set to a folder with kube-apiserver'
  try {
    for (const program of programs) accessSync(join(folder, program), constants.X_OK)
    execFileSync('etcd', ['--version'], { stdio: 'ignore' })
    return undefined
  } catch (error) {
    return String(error)
  }
}

/** @param programs folder with kube-apiserver and kube-controller-manager. etcd is on the PATH. */
export async function startControlPlane(programs: string): Promise<ControlPlane> {
  const folder = await mkdtemp(join(tmpdir(), 'cropstream-kubernetes-'))
  const servers: Server[] = []
  const dispose = async () => {
    for (const server of servers.reverse()) await server[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  }
  const start = (program: string, args: readonly string[]): Server => {
    const server = startServer(program, args)
    servers.push(server)
    return server
  }
  try {
    const [client, peer, port] = [await freePort(), await freePort(), await freePort()]
    const etcd = `http://127.0.0.1:${client}`
    const database = start('etcd', [
      ...['--data-dir', join(folder, 'etcd'), '--listen-client-urls', etcd, '--advertise-client-urls', etcd],
      ...['--listen-peer-urls', `http://127.0.0.1:${peer}`, '--unsafe-no-fsync', '--log-level', 'error'],
    ])
    await untilReady(database, 'etcd', async () => (await fetch(`${etcd}/health`)).ok)

    const [key, tokens] = [join(folder, 'key.pem'), join(folder, 'tokens.csv')]
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    await writeFile(key, privateKey.export({ type: 'pkcs1', format: 'pem' }))
    await writeFile(tokens, `${token},admin,admin,system:masters\n`)
    const server = start(join(programs, 'kube-apiserver'), [
      ...[`--etcd-servers=${etcd}`, '--bind-address=127.0.0.1', `--secure-port=${port}`],
      ...[`--cert-dir=${folder}`, `--token-auth-file=${tokens}`, '--service-cluster-ip-range=10.0.0.0/24'],
      ...['--service-account-issuer=https://localhost', `--service-account-key-file=${key}`],
      `--service-account-signing-key-file=${key}`,
    ])
    const ask = askerOf(port, join(folder, 'apiserver.crt'))
    await untilReady(server, 'kube-apiserver', async () => {
      await ask('GET', '/api/v1/namespaces/default')
      return true
    })

    const config = join(folder, 'kubeconfig')
    await writeFile(config, kubeconfig(port, join(folder, 'apiserver.crt')))
    start(join(programs, 'kube-controller-manager'), [
      ...[`--kubeconfig=${config}`, '--controllers=job-controller'],
      ...['--leader-elect=false', '--secure-port=0'],
    ])
    return { ask, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

function askerOf(port: number, certificate: string): ControlPlane['ask'] {
  let agent: Agent | undefined
  return async (method, path, body, contentType = 'application/json') => {
    agent ??= new Agent({ ca: await readFile(certificate), keepAlive: true })
    const sent = body === undefined ? '' : JSON.stringify(body)
    // Node sends the body of a DELETE without its length, which would be read as the next request.
    const length = { 'content-length': Buffer.byteLength(sent) }
    const headers = { authorization: `Bearer ${token}`, 'content-type': contentType, ...length }
    const [status, answer] = await new Promise<[number, string]>((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port, path, method, headers, agent }, response =>
        text(response).then(answer => resolve([response.statusCode ?? 0, answer]), reject),
      )
      asked.on('error', reject).end(sent)
    })
    if (status >= 300) throw new Error(`${method} ${path}: ${answer}`)
    return JSON.parse(answer)
  }
}

/** JSON is YAML. */
const kubeconfig = (port: number, certificate: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    clusters: [
      {
        name: 'test',
        cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority': certificate },
      },
    ],
    users: [{ name: 'test', user: { token } }],
  })
