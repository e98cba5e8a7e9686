import { CropstreamError, exitCode, UsageError } from '../common/errors.js'
import { counted } from '../common/format.js'
import { printable } from '../common/printable.js'
import { batchNameOf } from '../fleet/batch-name.js'
import { capacityOf } from '../fleet/capacity.js'
import type { VideoResult } from '../fleet/contract.js'
import { taskOf, videosOf } from '../fleet/index-task.js'
import { openBatch } from '../fleet/open-batch.js'
import { runBatch } from '../fleet/run-batch.js'
import { batchSettings } from '../fleet/settings.js'
import { unsettled } from '../fleet/unsettled.js'
import type { SettingGroup } from '../settings/setting.js'
import { batchOptions, hiddenOptions } from './batch-options.js'
import { commandNamed, parseArguments } from './command.js'
import { addSettings, givenOptions } from './command-line.js'
import { FleetProgress } from './fleet-progress.js'
import { openLog } from './log.js'

/**
 * `cropstream batch LIST --out OUT`: the embedded engine, or one task of another. Resolves to the exit code: the highest
 * of the videos that failed, or else of those that are not done.
 * @param args what follows `batch` on the command line.
 * @param runGroups settings of a run: options of all videos.
 * @throws CropstreamError when the list cannot be read, or the batch not be opened.
 */
export async function batchCommand(
  args: readonly string[],
  runGroups: readonly SettingGroup[],
): Promise<number> {
  const program = commandNamed(
    'batch',
    'Makes the datasets of many videos on this machine, or its share of them.',
  ).argument('<list>', 'a folder, a glob, gs://bucket/prefix, or a CSV or JSONL file of videos')
  const groups = [batchSettings, ...runGroups]
  addSettings(program, groups, hiddenOptions)
  const ended = parseArguments(program, args)
  if (ended !== undefined) return ended
  const list = program.args[0]! // commander requires it
  const given = batchOptions(givenOptions(program, groups), batchSettings, runGroups, batchNameOf(list))
  const { own, place, access, frozen, quiet, logFormat } = given
  if (own.tasks !== undefined && own.index === undefined) throw new UsageError('--tasks needs --index')
  const log = await openLog(logFormat, quiet)
  const task = own.index === undefined ? undefined : taskOf(own.index, own.tasks)
  const isWhole = task === undefined
  await using batch = await openBatch(list, place, access, frozen, runGroups, isWhole, log.warn)
  const mine = isWhole ? batch.videos : videosOf(batch.videos, task)
  const { videos, done, failed } = await unsettled(batch, mine, own.retry)
  log.info(
    `batch ${place.name}: ${isWhole ? '' : `task ${task.index}: `}${counted(mine.length, 'video')}, ${done.length} done before, ${failed.length} failed before; results in ${batch.store.root}`,
  )
  const { parallel, workers } = capacityOf({ ...frozen, ...given.machine }, own.parallel, videos.length)
  const results = new Map([...done, ...failed].map(result => [result.id, result]))
  const stop = new AbortController()
  const interrupt = (signal: NodeJS.Signals) => {
    if (!stop.signal.aborted) log.info(`${signal}: the videos that are under way write their checkpoints`)
    stop.abort(new CropstreamError(exitCode.interrupted, 'Interrupted'))
  }
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
  const terminal = !quiet && logFormat === 'text' && process.stderr.isTTY ? process.stderr : undefined
  const progress = new FleetProgress(log, terminal, videos)
  try {
    const options = {
      parallel,
      machine: { ...given.machine, ...(workers !== undefined && { workers }) },
      once: !isWhole,
      failFast: own.failFast,
    }
    await runBatch(batch, videos, options, stop.signal, {
      began: progress.began,
      progressed: progress.progressed,
      paused: seconds => log.warn(`outputs fail one after another: nothing is begun for ${seconds} s`),
      ended: (video, attempted) => {
        progress.ended(video, attempted)
        if (attempted.result !== undefined) results.set(video.id, attempted.result)
      },
    })
  } finally {
    progress.stop()
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
  const all = [...results.values()]
  if (logFormat === 'json') log.info('done', countsOf(all, mine.length))
  else if (!quiet) console.log(endText(all, mine.length))
  if (stop.signal.aborted) return exitCode.interrupted
  const failures = all.filter(({ state }) => state === 'failed')
  return Math.max(0, ...(failures.length > 0 ? failures : all).map(({ exit_code }) => exit_code))
}

const countsOf = (results: readonly VideoResult[], videos: number) => ({
  videos,
  done: results.filter(({ state }) => state === 'done').length,
  failed: results.filter(({ state }) => state === 'failed').length,
  images: results.reduce((sum, { made }) => sum + (made?.images ?? 0), 0),
  core_seconds: Math.round(results.reduce((sum, { core_seconds }) => sum + core_seconds, 0)),
})

const costText = (seconds: number): string =>
  seconds < 3600 ? `${seconds} core-seconds` : `${(seconds / 3600).toFixed(1)} core-hours`

function endText(results: readonly VideoResult[], all: number): string {
  const { videos, done, failed, images, core_seconds } = countsOf(results, all)
  const left = videos - done - failed
  return [
    `${done} of ${counted(videos, 'video')} done, ${failed} failed, ${left} left: ${images} images, ${costText(core_seconds)}`,
    ...results
      .filter(({ state }) => state === 'failed')
      .map(
        ({ uri, exit_code, reason }) =>
          `failed: ${printable(uri)} (${exit_code}): ${printable(reason ?? '')}`,
      ),
    ...(failed > 0 ? ['--retry tries again what has failed'] : []),
    ...(left > 0 ? ['the same command resumes with the others'] : []),
  ].join('\n')
}
