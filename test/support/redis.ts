import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { describe } from 'vitest'
import { isOnPath } from './on-path.js'
import { freePort } from './port.js'

const program = 'redis-server'

/** A real server with an append-only file, on a free local port. */
export class RedisServer implements AsyncDisposable {
  #child: ChildProcess | undefined

  private constructor(
    readonly folder: string,
    readonly port: number,
    readonly password: string | undefined,
  ) {}

  static async start(password?: string): Promise<RedisServer> {
    const server = new RedisServer(
      await mkdtemp(join(tmpdir(), 'cropstream-redis-')),
      await freePort(),
      password,
    )
    await server.again()
    return server
  }

  get url(): string {
    return `redis://${this.password === undefined ? '' : `:${this.password}@`}127.0.0.1:${this.port}`
  }

  /** Starts it after `kill`; it has what it had. */
  async again(): Promise<void> {
    const words = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder, '--save', '']
    if (this.password !== undefined) words.push('--requirepass', this.password)
    // Each command is on disk before it is answered: what a client was told is there after a kill.
    this.#child = spawn(program, [...words, '--appendonly', 'yes', '--appendfsync', 'always'], {
      stdio: 'ignore',
    })
    await this.run(client => client.ping())
  }

  /** Runs commands, as soon as the server answers. */
  async run<T>(commands: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(this.url, { retryStrategy: () => 50, maxRetriesPerRequest: null })
    client.on('error', () => {})
    try {
      return await commands(client)
    } finally {
      client.disconnect()
    }
  }

  /** As a crash of its machine. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    await rm(this.folder, { recursive: true, force: true })
  }
}

/**
 * A suite with a real redis-server on the PATH. Without one, the suite is skipped with a message; with CI or
 * CROPSTREAM_REQUIRE_REDIS set it fails instead.
 */
export function describeWithRedis(name: string, suite: () => void): void {
  if (isOnPath(program)) return void describe(name, suite)
  const why = `no ${program} on the PATH (Debian: apt install redis-server)`
  if (process.env.CI || process.env.CROPSTREAM_REQUIRE_REDIS) throw new Error(`'${name}' cannot run: ${why}`)
  console.warn(`\nSKIPPED '${name}': ${why}\n`)
  describe.skip(name, suite)
}
