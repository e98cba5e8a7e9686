import { setFlagsFromString } from 'node:v8'
import { exitCode } from '../common/errors.js'
import { capacityOf } from '../fleet/capacity.js'
import { machineKeys } from '../fleet/freeze.js'
import type { JobData } from '../fleet/queue/contract.js'
import { QueueServer } from '../fleet/queue/server.js'
import type { Tried } from '../fleet/queue/try-job.js'
import { type WorkListener, work } from '../fleet/queue/work.js'
import { WorkerMetrics } from '../fleet/queue/worker-metrics.js'
import { batchSettings } from '../fleet/settings.js'
import { runSettings } from '../job/settings.js'
import { ScrapeServer } from '../observe/scrape-server.js'
import { checkOptions, settingsOf } from '../settings/configure.js'
import { type SettingGroup, settingGroup, valuesOf } from '../settings/setting.js'
import { parseArguments } from './command.js'
import { addSettings, givenOptions } from './command-line.js'
import { type Log, openLog } from './log.js'
import { timeLeft } from './progress.js'
import { queueCommand } from './queue-option.js'

/** Within which a process without anything to do ends by itself. */
const lingerMs = 500

const { metricsPort, logFormat, quiet } = settingsOf(runSettings)
const workSettings = settingGroup('worker', {
  parallel: batchSettings.settings.parallel,
  ...{ metricsPort, logFormat, quiet },
})

/**
 * `cropstream work --queue URL`: works until SIGTERM or Ctrl-C. Resolves to the exit code.
 * @param args what follows `work` on the command line.
 * @param runGroups settings of a run.
 * @throws CropstreamError when the queue cannot be used.
 */
export async function workCommand(
  args: readonly string[],
  runGroups: readonly SettingGroup[],
): Promise<number> {
  const program = queueCommand(
    'work',
    'Makes the datasets of the videos in a queue. What decides a dataset comes with each video.',
  )
  const ofMachines = Object.entries(settingsOf(runGroups)).filter(([key]) => machineKeys.has(key))
  const machineSettings = settingGroup('machine', Object.fromEntries(ofMachines))
  const groups: readonly SettingGroup[] = [workSettings, machineSettings]
  addSettings(program, groups)
  const ended = parseArguments(program, args)
  if (ended !== undefined) return ended
  // A worker mostly waits while a process has the work: a quarter less memory, before the libraries are loaded.
  setFlagsFromString('--optimize-for-size')
  const { queue } = program.opts<{ queue: string }>()
  const { queue: _, ...given } = givenOptions(program, groups)
  const checked = checkOptions(groups, given)
  const own = valuesOf(workSettings.settings, checked)
  const { gcsEndpoint: endpoint, billingProject } = valuesOf(settingsOf(runSettings), checked)
  const machine = Object.fromEntries(Object.entries(given).filter(([key]) => machineKeys.has(key)))
  const { parallel, workers } = capacityOf(machine, own.parallel, Number.POSITIVE_INFINITY)
  const log = await openLog(own.logFormat, own.quiet)
  const stop = new AbortController()
  const interrupt = (signal: NodeJS.Signals) => {
    if (!stop.signal.aborted) log.info(`${signal}: the videos that are under way go back to the queue`)
    stop.abort()
  }
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
  try {
    // A worker that starts before its server waits for it; one that is stopped while it waits has nothing to do.
    await using server = await QueueServer.connect(queue, {
      patient: true,
      warn: log.warn,
      signal: stop.signal,
    })
    const metrics = own.metricsPort === undefined ? undefined : new WorkerMetrics()
    await using scraped = metrics && (await ScrapeServer.listen(metrics, own.metricsPort ?? 0))
    if (scraped !== undefined) log.info(`metrics: http://localhost:${scraped.port}/metrics`)
    log.info(
      `worker of ${server.shownUrl}: ${parallel} at once, ${workers ?? 'as many as memory allows'} worker threads each`,
    )
    const options = {
      parallel,
      machine: { ...machine, ...(workers !== undefined && { workers }) },
      access: { endpoint, billingProject },
    }
    const handedBack = await work(server, options, stop.signal, listenerOf(log, metrics))
    const code = handedBack > 0 ? exitCode.interrupted : exitCode.ok
    // While the server is down, timers of BullMQ would keep the process alive.
    setTimeout(() => process.exit(code), lingerMs).unref()
    return code
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
}

function listenerOf(log: Log, metrics: WorkerMetrics | undefined): WorkListener {
  return {
    began: ({ name, uri }) => {
      metrics?.began()
      log.info(`begun: ${uri} of batch ${name}`, { video: uri, batch: name })
    },
    progressed: ({ uri, name }, progress) =>
      log.info(
        `${uri}: ${progress.percent}%, ${progress.frames_per_second} frames/s, ${timeLeft(progress.seconds_left)} left`,
        { video: uri, batch: name, progress },
      ),
    ended: (job, tried) => {
      metrics?.ended(tried)
      sayEnd(log, job, tried)
    },
    lost: ({ uri }) => {
      metrics?.lost()
      log.warn(
        `the queue did not hear of this worker for too long and gives ${uri} to another; its process was stopped`,
      )
    },
    paused: seconds =>
      log.warn(
        `one video after another fails: is this machine set up right, and does it see the videos and OUT? Nothing is begun for ${seconds} s`,
      ),
    warned: log.warn,
  }
}

function sayEnd(log: Log, { uri, name }: JobData, { verdict, code, reason, result }: Tried): void {
  const fields = { video: uri, batch: name, next: verdict.next, exit_code: code }
  if (verdict.next === 'fail') log.error(`failed: ${uri}: ${verdict.reason}`, fields)
  else if (verdict.next === 'hand-back') log.info(`handed back: ${uri}`, fields)
  else if (verdict.next === 'again') {
    const when = verdict.afterSeconds > 0 ? ` in ${verdict.afterSeconds} s` : ''
    log.warn(`${uri} is tried again${when}: ${reason ?? 'another process works on it'}`)
  } else if (result === undefined) log.info(`done before: ${uri}`, fields)
  else log.info(`done: ${uri}: ${result.made?.images} images in ${result.seconds.toFixed(0)} s`, fields)
}
