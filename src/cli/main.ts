import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { Command, CommanderError, Option } from 'commander'
import { CropstreamError, classOf, exitCode } from '../common/errors.js'
import { printable } from '../common/printable.js'
import { flagOf, type Options, type SettingName, settings } from '../job/config.js'
import type { Hooks, Summary } from '../job/job.js'
import { type Log, openLog } from './log.js'
import { Progress } from './progress.js'
import { summaryRecord, summaryText } from './summary.js'

type ProcessVideo = (video: string, options: Options, hooks: Hooks) => Promise<Summary>

/** Whether a module is the program that was started, also by way of a link. */
export function isMain(url: string): boolean {
  try {
    return process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(url)
  } catch {
    return false // started by something that is no file, as `node -e`
  }
}

/** The command line around `processVideo`. Resolves to the exit code; never rejects. */
export async function main(argv: readonly string[], processVideo: ProcessVideo): Promise<number> {
  // A reader that has gone, as `head`, is no reason to end a run.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  const parsed = parse(argv)
  if (typeof parsed === 'number') return parsed
  const { video } = parsed
  const { options } = parsed
  const format = options.logFormat === 'json' ? 'json' : 'text'
  const log = openLog(format, options.quiet === true)
  log.identify({ video })
  const stop = new AbortController()
  const interrupt = (signal: NodeJS.Signals) => {
    if (!stop.signal.aborted) log.info(`${signal}: finishing the frames that were read`)
    stop.abort(
      new CropstreamError(exitCode.interrupted, 'Interrupted before the first frame: nothing was written'),
    )
  }
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
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
    return complain(error, log, options.verbose === true)
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}

function parse(argv: readonly string[]): { video: string; options: Options } | number {
  const program = new Command('cropstream')
    .description('The video of a game in, a re-identification training dataset out.')
    .argument('<video>', 'video file')
    .exitOverride()
    .showHelpAfterError('(--help lists the options)')
    .configureOutput({
      outputError: (text, write) => write(`${printable(text.trim().replace('\n(Did', ' (Did'))}\n`),
    })
    .helpOption('-h, --help', 'show this help')
  for (const key of Object.keys(settings) as SettingName[]) program.addOption(optionOf(key))
  program.addOption(
    new Option('--strict', 'fail on a damaged or truncated video (default)').conflicts('lenient'),
  )
  program.addHelpText(
    'after',
    '\nExit codes: 0 done, 2 usage, 3 bad input, 4 output, 5 internal, 6 busy, 7 out of memory, 130 interrupted.\n',
  )
  try {
    program.parse(argv)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage
    return complain(error, openLog('text', false), false)
  }
  const { strict: _, ...options } = program.opts<Options & { strict?: boolean }>()
  return { video: program.args[0]!, options } // commander insists on the argument
}

/** The flag of a setting: what is on by default is turned off by `--no-…`. */
function optionOf(key: SettingName): Option {
  const { default: standard, help, expects } = settings[key]
  if (typeof standard === 'boolean')
    return new Option(standard ? flagOf(key).replace('--', '--no-') : flagOf(key), help)
  const shown = standard === undefined ? '' : ` (default: ${standard})`
  const option = new Option(`${flagOf(key)} <value>`, `${help}${shown}`)
  const numeric = /number/.test(expects) || typeof standard === 'number'
  if (numeric) return option.argParser(numberOr)
  if (Array.isArray(standard)) {
    const numbers = typeof standard[0] === 'number'
    return option.argParser(text => text.split(',').map(part => (numbers ? numberOr(part) : part.trim())))
  }
  return option
}

/** What is no decimal number stays as it was written, for the error to show. */
function numberOr(text: string): number | string {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,2})?$/i.test(text.trim()) ? Number(text) : text
}

/** One line for a person; where in the code only when asked. */
function complain(error: unknown, log: Log, verbose: boolean): number {
  const known = error instanceof CropstreamError
  const code = known ? error.exitCode : exitCode.internal
  const message = error instanceof Error ? error.message : String(error)
  log.error(known ? message : `internal error: ${message.replaceAll('\n', ' ')}`, {
    exit_code: code,
    error: classOf(error),
    ...(verbose && { stack: inspect(error) }),
  })
  return code
}
