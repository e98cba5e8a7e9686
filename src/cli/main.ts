import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { BusyError, CropstreamError, classOf, exitCode } from '../common/errors.js'
import type { Graph, Hooks, Summary } from '../job/contract.js'
import { parseCommandLine } from './command-line.js'
import { type Log, openLog } from './log.js'
import { Progress } from './progress.js'
import { isSteering } from './queue-option.js'
import { summaryRecord, summaryText } from './summary.js'

type ProcessVideo = (
  video: string,
  options: Readonly<Record<string, unknown>>,
  hooks: Hooks,
) => Promise<Summary>

/** Whether a module is the program that was started, directly or through a symbolic link. */
export function isMain(url: string): boolean {
  try {
    return process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(url)
  } catch {
    return false // not started from a file: `node -e`
  }
}

/** The command-line interface of `processVideo`. Resolves to the exit code; never rejects. */
export async function main(
  argv: readonly string[],
  graph: Pick<Graph, 'settings'>,
  processVideo: ProcessVideo,
): Promise<number> {
  // Ignore EPIPE: the reader (for example `head`) has exited.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  let request: ReturnType<typeof parseCommandLine>
  try {
    // A video of this name is ./models. A run needs none of the libraries of these commands.
    if (argv[2] === 'models') return await (await import('./models.js')).modelsCommand(argv.slice(3))
    if (argv[2] === 'export') return await (await import('./export.js')).exportCommand(argv.slice(3))
    if (argv[2] === 'batch')
      return await (await import('./batch.js')).batchCommand(argv.slice(3), graph.settings)
    if (argv[2] === 'merge') return await (await import('./merge.js')).mergeCommand(argv.slice(3))
    if (argv[2] === 'review') return await (await import('./review.js')).reviewCommand(argv.slice(3))
    if (argv[2] === 'submit')
      return await (await import('./submit.js')).submitCommand(argv.slice(3), graph.settings)
    if (argv[2] === 'work')
      return await (await import('./work.js')).workCommand(argv.slice(3), graph.settings)
    if (isSteering(argv[2])) return await (await import('./queue.js')).steerCommand(argv[2], argv.slice(3))
    request = parseCommandLine(argv, graph.settings)
  } catch (error) {
    const format = /--log-format[= ]json\b/.test(argv.join(' ')) ? 'json' : 'text'
    return reportError(error, await openLog(format, false), false)
  }
  if (typeof request === 'number') return request
  const { video, options } = request
  const format = options.logFormat === 'json' ? 'json' : 'text'
  const log = await openLog(format, options.quiet === true)
  log.identify({ video })
  const stop = new AbortController()
  const interrupt = (signal: NodeJS.Signals) => {
    if (!stop.signal.aborted) log.info(`${signal}: finishing the frames that were read`)
    stop.abort(
      new CropstreamError(exitCode.interrupted, 'Interrupted before the first frame: nothing was written'),
    )
  }
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
  // Of a batch: it does not go on alone when the process that started it is gone.
  process.on('disconnect', () => interrupt('SIGTERM'))
  process.channel?.unref()
  const terminal = format === 'text' && process.stderr.isTTY ? process.stderr : undefined
  const progress = options.quiet ? undefined : new Progress(log, terminal)
  try {
    const summary = await processVideo(video, options, {
      signal: stop.signal,
      onIdentified: ({ videoGuid, runGuid }) => log.identify({ video_guid: videoGuid, run_guid: runGuid }),
      onMetrics: url => log.info(`metrics: ${url}`, { url }),
      onStart: view => progress?.start(view),
      onWarning: message => log.warn(message),
    })
    progress?.stop()
    if (format === 'json') log.info('done', summaryRecord(summary))
    else if (!options.quiet) console.log(summaryText(summary))
    return exitCode.ok
  } catch (error) {
    progress?.stop()
    return reportError(error, log, options.verbose === true)
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}

/** Logs one line; the stack only with --verbose. */
function reportError(error: unknown, log: Log, verbose: boolean): number {
  const known = error instanceof CropstreamError
  const code = known ? error.exitCode : exitCode.internal
  const message = error instanceof Error ? error.message : String(error)
  const { user, system } = process.cpuUsage()
  log.error(known ? message : `internal error: ${message.replaceAll('\n', ' ')}`, {
    exit_code: code,
    error: classOf(error),
    ...(error instanceof BusyError && { retry_after_seconds: error.retryAfterSeconds }),
    cpu_seconds: (user + system) / 1e6,
    ...(verbose && { stack: inspect(error) }),
  })
  return code
}
