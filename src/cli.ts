import { realpathSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Command, CommanderError, Option } from 'commander'
import { flagOf, type Options, type SettingName, settings } from './config.js'
import { CropstreamError, exitCode } from './errors.js'
import type { Hooks, Summary } from './job.js'
import { Progress } from './progress.js'
import { storageLine, table } from './summary.js'

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
  const { video, options } = parsed
  const stop = new AbortController()
  const interrupt = (signal: NodeJS.Signals) => {
    if (!stop.signal.aborted && !options.quiet)
      console.error(`${signal}: finishing the frames that were read`)
    stop.abort(
      new CropstreamError(exitCode.interrupted, 'Interrupted before the first frame: nothing was written'),
    )
  }
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
  const progress = options.quiet ? undefined : new Progress(process.stderr)
  try {
    const summary = await processVideo(video, options, {
      signal: stop.signal,
      onStart: view => progress?.start(view),
      onWarning: message => {
        if (!options.quiet) console.error(`warning: ${message}`)
      },
    })
    progress?.stop()
    if (!options.quiet) console.log(report(summary))
    return exitCode.ok
  } catch (error) {
    progress?.stop()
    return complain(error, options.verbose === true)
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
    .helpOption('-h, --help', 'show this help')
  for (const key of Object.keys(settings) as SettingName[]) program.addOption(optionOf(key))
  program.addOption(
    new Option('--strict', 'fail on a damaged or truncated video (default)').conflicts('lenient'),
  )
  program.addHelpText(
    'after',
    '\nExit codes: 0 done, 2 usage, 3 bad input, 4 output, 5 internal, 130 interrupted.\n',
  )
  try {
    program.parse(argv)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage
    return complain(error, false)
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

/** What is no number stays as it was written, for the error to show. */
function numberOr(text: string): number | string {
  const number = Number(text)
  return text.trim() === '' || Number.isNaN(number) ? text : number
}

function report(summary: Summary): string {
  const { root, images, imageBytes, framesRead, damage, tracks, cuts } = summary
  const cpu = process.cpuUsage()
  const cpuSeconds = (cpu.user + cpu.system) / 1e6 + summary.ffmpegCpuSeconds
  const wallSeconds = performance.now() / 1000
  const share = (100 * cpuSeconds) / (wallSeconds * availableParallelism())
  return [
    table(summary.steps),
    ...(damage === undefined ? [] : [damage]),
    `${framesRead} frames, ${tracks} tracks, ${cuts} cuts, ${images} images, ${(imageBytes / 1e6).toFixed(1)} MB`,
    ...storageLine(summary.storage),
    `${wallSeconds.toFixed(1)} s wall, ${cpuSeconds.toFixed(1)} s CPU on ${availableParallelism()} cores (${share.toFixed(0)}% busy), peak ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`,
    `dataset: ${root}`,
  ].join('\n')
}

/** One line for a person; where in the code only when asked. */
function complain(error: unknown, verbose: boolean): number {
  const known = error instanceof CropstreamError
  const message = error instanceof Error ? error.message : String(error)
  console.error(`cropstream: ${known ? message : `internal error: ${message}`}`.replaceAll('\n', ' '))
  if (verbose) console.error(error)
  return known ? error.exitCode : exitCode.internal
}
