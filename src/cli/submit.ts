import { exitCode, UsageError } from '../common/errors.js'
import { printable } from '../common/printable.js'
import { batchNameOf } from '../fleet/batch-name.js'
import { machineKeys } from '../fleet/freeze.js'
import { openBatch } from '../fleet/open-batch.js'
import { QueueServer } from '../fleet/queue/server.js'
import { submitBatch } from '../fleet/queue/submit.js'
import { batchName } from '../fleet/settings.js'
import { flagOf } from '../settings/configure.js'
import { type SettingGroup, settingGroup } from '../settings/setting.js'
import { batchOptions, hiddenOptions } from './batch-options.js'
import { parseArguments } from './command.js'
import { addSettings, givenOptions } from './command-line.js'
import { openLog } from './log.js'
import { queueCommand } from './queue-option.js'

const submitSettings = settingGroup('batch', { name: batchName })
/** Options of a machine that matters here too: the list and the batch may be in a bucket. */
const accessKeys: ReadonlySet<string> = new Set(['gcsEndpoint', 'billingProject'])
const refused = [...machineKeys].filter(key => !accessKeys.has(key))

/**
 * `cropstream submit LIST --queue URL --out OUT`. Resolves to the exit code.
 * @param args what follows `submit` on the command line.
 * @param runGroups settings of a run: options of all videos.
 * @throws CropstreamError when the list cannot be read, the batch not be begun, or the queue not be reached.
 */
export async function submitCommand(
  args: readonly string[],
  runGroups: readonly SettingGroup[],
): Promise<number> {
  const program = queueCommand(
    'submit',
    'Begins a batch and gives its videos to the workers of a queue.',
  ).argument('<list>', 'a folder, a glob, gs://bucket/prefix, or a CSV or JSONL file of videos')
  const groups = [submitSettings, ...runGroups]
  addSettings(program, groups, new Set([...hiddenOptions, ...refused]))
  const ended = parseArguments(program, args)
  if (ended !== undefined) return ended
  const list = program.args[0]! // commander requires it
  const { queue } = program.opts<{ queue: string }>()
  const { queue: _, ...given } = givenOptions(program, groups)
  const { place, access, frozen, machine, quiet, logFormat } = batchOptions(
    given,
    submitSettings,
    runGroups,
    batchNameOf(list),
  )
  const key = refused.find(key => key in machine)
  if (key !== undefined)
    throw new UsageError(`${flagOf(key)} belongs to a machine: give it to cropstream work`)
  const log = await openLog(logFormat, quiet)
  // First, since a batch that is begun but not submitted would surprise.
  await using server = await QueueServer.connect(queue, { patient: false, warn: log.warn })
  await using batch = await openBatch(list, place, access, frozen, runGroups, true, log.warn)
  const submitted = await submitBatch(server, batch)
  const { added, queued, done, failed } = submitted
  if (logFormat === 'json') log.info('submitted', { batch: place.name, root: batch.store.root, ...submitted })
  else if (!quiet) {
    const hint = failed > 0 ? ' (cropstream retry tries them again)' : ''
    console.log(
      `batch ${place.name}: ${added} of ${batch.videos.length} videos submitted to ${server.shownUrl}; before: ${queued} in the queue, ${done} done, ${failed} failed${hint}; results in ${printable(batch.store.root)}`,
    )
  }
  return exitCode.ok
}
