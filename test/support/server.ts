import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'

export interface Server extends AsyncDisposable {
  /** Resolves with what it said on standard error. */
  readonly ended: Promise<string>
}

/** A program that runs until it is disposed of, or until this process ends for any reason. */
export function startServer(program: string, args: readonly string[]): Server {
  // The shell waits on a pipe that closes with this process, so that no server is left.
  const script = '"$0" "$@" & exec 2>&-; read -r _; kill $!; wait'
  const child = spawn('sh', ['-c', script, program, ...args], { stdio: ['pipe', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-10_000)
  })
  // Only the server has stderr open: its end is the end of the server.
  const ended = once(child.stderr, 'close').then(() => stderr)
  return {
    ended,
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      await ended
    },
  }
}

/** Waits until a server is ready. @throws when it ended, or is not ready in time; then it is stopped. */
export async function untilReady(
  server: Server,
  name: string,
  isReady: () => Promise<boolean>,
): Promise<void> {
  const failed = server.ended.then(stderr => Promise.reject(new Error(`${name} ended at once: ${stderr}`)))
  const ready = async () => {
    for (let tries = 0; tries < 1200; tries++) {
      if (await isReady().catch(() => false)) return
      await delay(50)
    }
    throw new Error(`Expected ${name} to be ready within a minute`)
  }
  try {
    await Promise.race([ready(), failed])
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
}
