import { basename } from 'node:path/posix'
import Table from 'cli-table3'
import { CropstreamError, exitCode, expected, UsageError } from '../common/errors.js'
import { formatMegabytes } from '../common/format.js'
import { printable } from '../common/printable.js'
import type { Format } from '../export/contract.js'
import { curation } from '../export/curation.js'
import { division, refuseUnused } from '../export/divide.js'
import type { ExportSummary } from '../export/export-place.js'
import { exportRuns } from '../export/export-runs.js'
import { formats } from '../export/formats.js'
import { checkOptions, flagOf } from '../settings/configure.js'
import { settingGroup } from '../settings/setting.js'
import { accessSettings } from '../storage/settings.js'
import { commandNamed, parseArguments } from './command.js'
import { addGroup } from './command-line.js'
import { openLog } from './log.js'

const groupOf = ({ name, settings }: Format) => settingGroup(`format ${name}`, settings)

/**
 * `cropstream export RUN… --format F --out DIR`. Resolves to the exit code.
 * @param args what follows `export` on the command line.
 * @throws CropstreamError when a run cannot be read, or the export not be written.
 */
export async function exportCommand(args: readonly string[]): Promise<number> {
  const program = commandNamed(
    'export',
    'Writes the datasets of runs in a format that training and labeling programs open.',
  )
    .argument('<runs...>', 'folders of runs or above them, or gs://bucket/prefix')
    .requiredOption('--format <name>', formats.map(({ name }) => name).join(', '))
    .requiredOption('--out <place>', 'empty folder, or gs://bucket/prefix')
    .option('--review <files...>', 'review.json of some of the runs: their people as a person corrected them')
    .option('--quiet', 'print nothing but errors')
    .addHelpText(
      'after',
      `\nFormats:\n${formats.map(({ name, help }) => `  ${name.padEnd(13)}${help}`).join('\n')}`,
    )
  for (const group of [curation, division, ...formats.map(groupOf), accessSettings]) addGroup(program, group)
  const ended = parseArguments(program, args)
  if (ended !== undefined) return ended
  const { format: name, out, quiet, review, ...given } = program.opts<Given>()
  const format = formats.find(format => format.name === name)
  if (format === undefined) {
    throw new UsageError(expected(formats.map(({ name }) => name).join(' or '), '--format', name))
  }
  const own = groupOf(format)
  const known = [curation, own, accessSettings, ...(format.promised === 'run' ? [division] : [])]
  for (const key of Object.keys(given)) {
    if (!known.some(({ settings }) => Object.hasOwn(settings, key))) {
      throw new UsageError(`${flagOf(key)} is not an option of --format ${name}`)
    }
  }
  // Another format may have a seed of its own.
  if (format.promised === 'run') refuseUnused(given)
  const options = checkOptions([curation, division, own, accessSettings], given)
  const { gcsEndpoint: endpoint, billingProject, ...shaping } = options
  const log = await openLog('text', quiet === true)
  const gcs = { endpoint, billingProject }
  const stop = new AbortController()
  const interrupt = (signal: NodeJS.Signals) => {
    log.info(`${signal}: stopping before the next object; the same command continues the export`)
    stop.abort(new CropstreamError(exitCode.interrupted, 'Interrupted'))
  }
  // Once: a second signal ends the process at once, as when a bucket does not answer.
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  let summary: ExportSummary
  try {
    const hooks = { warn: log.warn, signal: stop.signal }
    summary = await exportRuns(program.args, out, format, shaping, gcs, review, hooks)
  } catch (error) {
    if (error === stop.signal.reason) return exitCode.interrupted
    throw error
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  }
  if (!quiet) console.log([...summaryText(summary, out), ...loadText(format, out)].join('\n'))
  return exitCode.ok
}

interface Given extends Readonly<Record<string, unknown>> {
  readonly format: string
  readonly out: string
  readonly quiet?: boolean
  readonly review?: readonly string[]
}

/** Programs read folders: what is in a bucket is copied first. */
function loadText(format: Format, out: string): string[] {
  const isBucket = out.startsWith('gs://')
  const folder = isBucket ? basename(out) : out
  return [
    ...(isBucket ? ['copy it:', indent(`gcloud storage cp --recursive ${out} .`)] : []),
    'load it:',
    ...format.load(JSON.stringify(folder)).map(indent),
  ]
}

const indent = (line: string): string => `  ${line}`

function summaryText(summary: ExportSummary, out: string): string[] {
  const { sides, left_out, audit, runs, objects, bytes } = summary
  const hasCameras = sides.some(({ cameras }) => cameras > 0)
  const table = new Table({
    head: ['', 'images', 'identities', 'images each', ...(hasCameras ? ['cameras'] : [])],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  })
  for (const { side, images, identities, cameras } of sides) {
    table.push([side, images, identities, (images / identities).toFixed(1), ...(hasCameras ? [cameras] : [])])
  }
  return [
    ...(summary.alreadyComplete ? ['already complete, nothing to do'] : []),
    ...(sides.length > 0 ? [table.toString()] : []),
    `${runs} ${runs === 1 ? 'run' : 'runs'}, ${objects} objects, ${formatMegabytes(bytes, 1)}: ${printable(out)}`,
    ...Object.entries(left_out).flatMap(([reason, images]) =>
      images > 0 ? [`left out as ${reason}: ${images} images`] : [],
    ),
    ...(audit.length > 0 ? [`audit: ${audit.join('; ')}`] : []),
  ]
}
