import { once } from 'node:events'
import Table from 'cli-table3'
import { type Command, Option } from 'commander'
import { exitCode, expected, UsageError } from '../common/errors.js'
import { counted } from '../common/format.js'
import { printable } from '../common/printable.js'
import { serveBoard } from '../fleet/queue/board.js'
import { lookAt, type QueueStatus } from '../fleet/queue/look.js'
import { QueueServer } from '../fleet/queue/server.js'
import { drain, retryFailed } from '../fleet/queue/steer.js'
import { parseArguments } from './command.js'
import { timeLeft } from './progress.js'
import { queueCommand, type Steering } from './queue-option.js'

/** Of `--serve` without a number. */
const boardPort = 3000

/** One of the commands. */
interface QueueCommand {
  readonly description: string
  readonly options?: readonly Option[]
  run(server: QueueServer, options: Readonly<Record<string, unknown>>): Promise<void>
}

const commands = {
  status: {
    description: 'Shows what is in a queue, and what failed and why.',
    options: [
      new Option('--json', 'print it as one JSON object'),
      new Option(
        '--serve [port]',
        `serve bull-board and /metrics (default: ${boardPort}; 0 takes a free port)`,
      ),
      new Option('--host <address>', 'address to serve on; there is no password').default('127.0.0.1'),
    ],
    async run(server, { json, serve, host }) {
      if (serve !== undefined) return serveUntilInterrupted(server, String(host), portOf(serve))
      const status = await lookAt(server)
      console.log(json === true ? JSON.stringify(status) : statusText(status, server.shownUrl))
    },
  },
  retry: {
    description: 'Tries failed videos again, as if they never were tried.',
    options: [
      new Option('--reason <text>', 'only those whose reason has this text, as cropstream status shows it'),
      new Option('--id <id>', 'only this video, by the id that cropstream status --json shows'),
    ],
    async run(server, { reason, id }) {
      const which = {
        reason: typeof reason === 'string' ? reason : undefined,
        id: typeof id === 'string' ? id : undefined,
      }
      const count = await retryFailed(server, which)
      const asked = which.id ?? which.reason
      if (count === 0 && asked !== undefined) {
        const what = which.id === undefined ? 'a reason with' : 'the id'
        throw new UsageError(`No failed video has ${what} '${asked}'; cropstream status shows them`)
      }
      console.log(`${counted(count, 'video')} will be tried again`)
    },
  },
  pause: {
    description: 'Lets no worker begin another video; what is begun is finished.',
    async run({ queue }) {
      await queue.pause()
      console.log('paused; cropstream resume goes on')
    },
  },
  resume: {
    description: 'Lets the workers go on after pause or drain.',
    async run({ queue }) {
      await queue.resume()
      console.log('resumed')
    },
  },
  drain: {
    description: 'Pauses the queue and waits until the workers have finished what they began.',
    async run(server) {
      await drain(server, active => console.log(`${active} videos are still worked on`))
      console.log('drained: no worker has a video, and none begins one before cropstream resume')
    },
  },
} as const satisfies Record<Steering, QueueCommand>

/**
 * `cropstream status|retry|pause|resume|drain --queue URL`. Resolves to the exit code.
 * @param args what follows the name on the command line.
 * @throws CropstreamError when the queue cannot be used.
 */
export async function steerCommand(name: Steering, args: readonly string[]): Promise<number> {
  const { description, options = [], run }: QueueCommand = commands[name]
  const program: Command = queueCommand(name, description)
  for (const option of options) program.addOption(option)
  const ended = parseArguments(program, args)
  if (ended !== undefined) return ended
  const { queue, ...given } = program.opts<{ queue: string }>()
  const warn = (message: string) => console.error(`warning: ${message}`)
  await using server = await QueueServer.connect(queue, { patient: false, warn })
  await run(server, given)
  return exitCode.ok
}

async function serveUntilInterrupted(server: QueueServer, host: string, port: number): Promise<void> {
  await using board = await serveBoard(server, host, port)
  console.log(`queue: ${board.url}\nmetrics: ${board.url}metrics\nCtrl-C ends it.`)
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
}

function portOf(serve: unknown): number {
  if (serve === true) return boardPort
  const port = Number(serve)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new UsageError(expected('a port from 0 to 65535', '--serve', serve))
}

function statusText(
  { jobs, is_paused, oldest_seconds, running, failures }: QueueStatus,
  url: string,
): string {
  const states = Object.entries(jobs).filter(([, count]) => count > 0)
  const counts =
    states.length === 0 ? 'empty' : states.map(([state, count]) => `${count} ${state}`).join(', ')
  const paused = is_paused ? '; paused (cropstream resume goes on)' : ''
  const waits =
    oldest_seconds > 0 ? `; the oldest has waited for ${timeLeft(Math.round(oldest_seconds))}` : ''
  return [
    `${url}: ${counts}${waits}${paused}`,
    ...(running.length > 0 ? [runningTable(running)] : []),
    ...failures.map(
      ({ reason, ids }) =>
        `failed: ${ids.length} videos: ${printable(reason)}\n  cropstream retry --reason ${quoted(reason)}`,
    ),
  ].join('\n')
}

function runningTable(running: QueueStatus['running']): string {
  const table = new Table({
    head: ['video', 'batch', 'worker', 'for', 'done', 'frames/s', 'left'],
    colAligns: ['left', 'left', 'left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  })
  for (const { uri, batch, worker, seconds, progress } of running) {
    table.push([
      printable(uri),
      batch,
      printable(worker),
      timeLeft(seconds),
      progress?.percent === undefined ? '' : `${progress.percent}%`,
      progress?.frames_per_second ?? '',
      progress?.seconds_left === undefined ? '' : timeLeft(progress.seconds_left),
    ])
  }
  return table.toString()
}

/** For a shell: of a part without quotes or a name that was left out, as much as tells a reason from others. */
function quoted(reason: string): string {
  const parts = printable(reason).split(/['…]/)
  const [longest = ''] = parts.sort((a, b) => b.length - a.length)
  return `'${longest.slice(0, 80).trim()}'`
}
