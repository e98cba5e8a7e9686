import { availableParallelism } from 'node:os'
import Table from 'cli-table3'
import { formatMegabytes } from '../common/format.js'
import { printable } from '../common/printable.js'
import type { Summary } from '../job/contract.js'
import { type StepCount, sharesOf } from '../runtime/step-metrics.js'
import type { OperationCount, OperationKind } from '../storage/requests.js'

/** The summary of a run as text: a table of its steps and a few lines. */
export function summaryText(summary: Summary): string {
  const { root, images, imageBytes, framesRead, damage, tracks, tracksSeen, cuts } = summary
  const { wallSeconds, cpuSeconds } = summary
  if (summary.alreadyComplete) return `already complete, nothing to do\ndataset: ${root}`
  const cores = availableParallelism()
  const share = (100 * cpuSeconds) / (wallSeconds * cores)
  return [
    table(summary.steps),
    ...(damage === undefined ? [] : [damage]),
    `${framesRead} frames, ${tracks} tracks${tracksSeen > tracks ? ` with images of ${tracksSeen} seen` : ''}, ${cuts} cuts, ${images} images, ${formatMegabytes(imageBytes, 1)}`,
    ...storageLine(summary.storage),
    `${wallSeconds.toFixed(1)} s wall, ${cpuSeconds.toFixed(1)} s CPU on ${cores} cores (${share.toFixed(0)}% busy), peak ${Math.round(summary.peakBytes / 1e6)} MB and ${Math.round(summary.ffmpegPeakBytes / 1e6)} in ffmpeg`,
    summary.bottleneck,
    ...(summary.advice === undefined ? [] : [summary.advice]),
    ...(summary.report === undefined ? [] : [`report: ${printable(summary.report)}`]),
    ...(summary.preview === undefined ? [] : [`preview: ${printable(summary.preview)}`]),
    `dataset: ${printable(root)}`,
  ].join('\n')
}

/** The same as plain data for the JSON log, named as in the manifest. */
export function summaryRecord(summary: Summary): Record<string, unknown> {
  return {
    root: summary.root,
    ...(summary.alreadyComplete && { already_complete: true }),
    dataset_sha256: summary.datasetSha256,
    frames: summary.framesRead,
    tracks: summary.tracks,
    tracks_seen: summary.tracksSeen,
    cuts: summary.cuts,
    images: summary.images,
    image_bytes: summary.imageBytes,
    ...(summary.damage !== undefined && { damage: summary.damage }),
    wall_seconds: summary.wallSeconds,
    cpu_seconds: summary.cpuSeconds,
    peak_bytes: summary.peakBytes,
    ffmpeg_peak_bytes: summary.ffmpegPeakBytes,
    bottleneck: summary.bottleneck,
    ...(summary.advice !== undefined && { advice: summary.advice }),
    steps: Object.fromEntries(
      [...summary.steps].map(([name, { itemsIn, itemsOut, dropped, flagged, workMs, waitMs }]) => [
        name,
        {
          in: itemsIn,
          out: itemsOut,
          dropped,
          ...(Object.keys(flagged).length > 0 && { flagged }),
          work_seconds: workMs / 1000,
          wait_seconds: waitMs / 1000,
        },
      ]),
    ),
    storage: Object.fromEntries(
      [...summary.storage].map(([kind, { requests, bytesUp, bytesDown, retries }]) => [
        kind,
        { requests, bytes_up: bytesUp, bytes_down: bytesDown, retries },
      ]),
    ),
    ...(summary.report !== undefined && { report: summary.report }),
    ...(summary.preview !== undefined && { preview: summary.preview }),
  }
}

function table(steps: ReadonlyMap<string, Readonly<StepCount>>): string {
  const rows = new Table({
    head: ['step', 'in', 'out', 'work s', 'wait s', 'share', 'dropped'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  })
  const shares = sharesOf(steps)
  for (const [name, { itemsIn, itemsOut, workMs, waitMs, dropped, flagged }] of steps) {
    const share = shares.get(name)
    const reasons = [
      ...Object.entries(dropped).map(([reason, count]) => `${count} ${reason}`),
      ...Object.entries(flagged).map(([reason, count]) => `${count} ${reason} (kept)`),
    ]
    rows.push([
      name,
      // The source has no input.
      share === undefined ? '' : itemsIn,
      itemsOut,
      (workMs / 1000).toFixed(1),
      (waitMs / 1000).toFixed(1),
      share === undefined ? '' : `${(100 * share).toFixed(0)}%`,
      reasons.join(', '),
    ])
  }
  return rows.toString()
}

/** One line about the storage requests; none for a run from disk to disk. */
function storageLine(storage: ReadonlyMap<OperationKind, Readonly<OperationCount>>): string[] {
  if (storage.size === 0) return []
  const kinds = [...storage].map(([kind, { requests, bytesUp, bytesDown, retries }]) => {
    const bytes = [
      bytesUp && `${formatMegabytes(bytesUp, 1)} up`,
      bytesDown && `${formatMegabytes(bytesDown, 1)} down`,
    ].filter(Boolean)
    const retried = Object.entries(retries).map(([cause, count]) => `${count} retried: ${cause}`)
    const details = [...bytes, ...retried].join(', ')
    return `${requests} ${kind}${details === '' ? '' : ` (${details})`}`
  })
  const total = [...storage.values()].reduce((sum, { requests }) => sum + requests, 0)
  return [`storage: ${total} operations: ${kinds.join(', ')}`]
}
