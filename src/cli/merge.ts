import Table from 'cli-table3'
import { exitCode } from '../common/errors.js'
import { counted, formatMegabytes } from '../common/format.js'
import { printable } from '../common/printable.js'
import { mergeBatch, summaryName } from '../fleet/merge.js'
import type { BatchSummary } from '../fleet/merge-contract.js'
import { indexName } from '../fleet/merge-index.js'
import { checkOptions } from '../settings/configure.js'
import { accessSettings } from '../storage/settings.js'
import { commandNamed, parseArguments } from './command.js'
import { addGroup } from './command-line.js'

/**
 * `cropstream merge BATCH`. Resolves to the exit code.
 * @param args what follows `merge` on the command line.
 * @throws CropstreamError when there is no batch, or its index cannot be written.
 */
export async function mergeCommand(args: readonly string[]): Promise<number> {
  const program = commandNamed(
    'merge',
    'Makes one index of the datasets of a batch, and says what became of its videos.',
  )
    .argument('<batch>', 'folder of the batch, or gs://bucket/prefix: …/user/process/{pipeline}/batch_{name}')
    .option('--quiet', 'print nothing but errors')
  addGroup(program, accessSettings)
  const ended = parseArguments(program, args)
  if (ended !== undefined) return ended
  const { quiet, ...given } = program.opts<{ quiet?: boolean }>()
  const { gcsEndpoint: endpoint, billingProject } = checkOptions([accessSettings], given)
  const batch = program.args[0]! // commander requires it
  const summary = await mergeBatch(batch, { endpoint, billingProject })
  if (!quiet) console.log(summaryText(summary, batch.replace(/\/+$/, '')))
  return exitCode.ok
}

/** What is not as it should be comes first. */
function summaryText(summary: BatchSummary, batch: string): string {
  const { videos, totals, failures, retry, unfinished, same_content, without_dataset } = summary
  const states = new Table({
    ...{ head: ['', 'videos'], colAligns: ['left', 'right'] },
    style: { head: [], border: [], compact: true },
  })
  for (const [state, count] of Object.entries(videos)) states.push([state.replaceAll('_', ' '), count])
  const { datasets, frames, images, identities, image_bytes, attempts, seconds, core_seconds } = totals
  const cost = totals.core_seconds_per_image
  return [
    states.toString(),
    ...linesOf('failed', failures, ({ ids, exit_code, reason }) => {
      const others = ids.length > 1 ? ` and ${ids.length - 1} more` : ''
      return `${ids[0]}${others}: ${reason} (exit code ${exit_code})`
    }),
    ...linesOf('without a dataset', without_dataset, ({ id, reason }) => `${id}: ${reason}`),
    ...(retry === null ? [] : [`retry: ${printable(retry.batch)}`, `or in a queue: ${retry.queue}`]),
    ...linesOf('unfinished', unfinished, ({ id, exit_code, reason }) =>
      reason === null ? `${id}: exit code ${exit_code}` : `${id}: ${reason} (exit code ${exit_code})`,
    ),
    ...linesOf('the same content, counted once', same_content, ({ id, same_as }) => `${id} and ${same_as}`),
    `${counted(datasets, 'dataset')}: ${counted(frames, 'frame')}, ${counted(images, 'image')} of ${identities} identities, ${formatMegabytes(image_bytes, 1)}`,
    `${counted(attempts, 'attempt')}: ${seconds.toFixed(1)} s, ${core_seconds.toFixed(1)} s CPU${cost === null ? '' : `, ${cost.toFixed(3)} s an image`}`,
    `${printable(batch)}: ${indexName}, ${summaryName}`,
  ].join('\n')
}

/** A person reads so many lines of a kind; `summary.json` has all. */
const shown = 10

function linesOf<T>(title: string, items: readonly T[], text: (item: T) => string): string[] {
  const lines = items.slice(0, shown).map(item => `${title}: ${printable(text(item))}`)
  const rest = items.length - lines.length
  return rest > 0 ? [...lines, `${title}: ${rest} more, in ${summaryName}`] : lines
}
