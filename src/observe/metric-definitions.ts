import { bystanderFilter } from '../operators/bystander-filter.js'
import { crop } from '../operators/crop.js'
import { detect } from '../operators/detect.js'
import { pitchFilter } from '../operators/pitch-filter.js'
import { readCrops } from '../operators/read-crops.js'
import { spectatorFilter } from '../operators/spectator-filter.js'
import { track } from '../operators/track.js'
import { emptyCount, type StepCount } from '../runtime/step-metrics.js'
import { optimizationOf } from '../sources/input.js'
import { counter, gauge, type Measurement, type MetricDefinition } from './pull-metrics.js'
import type { RunView } from './run-observer.js'

/**
 * Metrics that are read from the counters of a run. Label values come from fixed sets in the code, never from a video
 * or a run, so the number of series does not grow with the number of runs.
 */
export const metricDefinitions: readonly MetricDefinition[] = [
  gauge(
    'cropstream_model_info',
    'The detector; always 1.',
    ({ model: { name, sha256, listed }, device }) => [
      [1, { name, sha256, precision: listed?.precision ?? '', device: device.name }],
    ],
    ...(['name', 'sha256', 'precision', 'device'] as const),
  ),

  gauge('cropstream_video_duration_seconds', 'Length of the video, in seconds.', v => v.info.durationSeconds),
  gauge(
    'cropstream_frames_expected',
    'Frames selected by the sampling.',
    v => v.source.report.framesExpected,
  ),
  counter('cropstream_frames_decoded_total', 'Frames decoded.', v => v.source.report.framesRead),
  counter(
    'cropstream_frames_detected_total',
    'Frames processed by the detector.',
    v => count(v, detect.name).itemsIn,
  ),
  counter(
    'cropstream_frames_finished_total',
    'Frames whose crops have all reached the sink.',
    v => v.run.finished,
  ),
  counter(
    'cropstream_frames_skipped_total',
    'Frames of the video skipped by the sampling.',
    v => v.info.frameCount - v.source.report.framesExpected,
  ),
  counter(
    'cropstream_ffmpeg_cpu_seconds_total',
    'User and system time, in seconds, of the ffmpeg processes that have ended.',
    v => v.source.report.cpuSeconds,
  ),
  counter(
    'cropstream_source_held_back_seconds_total',
    'Seconds for which ffmpeg was held back because no frame slot was free.',
    v => v.run.slots.waitedMs / 1000,
  ),

  gauge('cropstream_frame_slots', 'Frames that may be alive at once.', v => v.run.slots.limit),
  gauge('cropstream_frame_slots_live', 'Frames alive now.', v => v.run.slots.live),
  gauge(
    'cropstream_frame_slots_live_max',
    'Peak number of frames alive at once.',
    v => v.run.slots.highWater,
  ),
  gauge('cropstream_frame_slot_bytes', 'Size of a frame slot, in bytes.', v => v.run.slots.slotBytes),

  counter(
    'cropstream_detections_total',
    'Detections by outcome.',
    v => outcomes.map(outcome => [detections(v, outcome), { outcome }]),
    'outcome',
  ),
  counter('cropstream_tracks_opened_total', 'Tracks that got an id.', v => v.tracks.opened),
  counter(
    'cropstream_tracks_closed_total',
    'Tracks that can no longer be found again.',
    v => v.tracks.closed,
  ),
  counter('cropstream_cuts_total', 'Camera cuts.', v => v.tracks.cuts),

  counter(
    'cropstream_step_items_in_total',
    'Items into a step: frames, detections, crops or images.',
    v => steps(v).map(([step, { itemsIn }]) => [itemsIn, { step }]),
    'step',
  ),
  counter(
    'cropstream_step_items_out_total',
    'Items out of a step: frames, detections, crops or images.',
    v => steps(v).map(([step, { itemsOut }]) => [itemsOut, { step }]),
    'step',
  ),
  counter(
    'cropstream_step_dropped_total',
    'Items dropped by a step, by reason.',
    v =>
      steps(v).flatMap(([step, { dropped }]) =>
        Object.entries(dropped).map(([reason, n]): Measurement => [n, { step, reason }]),
      ),
    'step',
    'reason',
  ),
  counter(
    'cropstream_step_flagged_total',
    'Items that a step kept with a reservation, by reason, such as crops with their background.',
    v =>
      steps(v).flatMap(([step, { flagged }]) =>
        Object.entries(flagged).map(([reason, n]): Measurement => [n, { step, reason }]),
      ),
    'step',
    'reason',
  ),
  counter(
    'cropstream_crops_handed_on_total',
    'Crops, and images made from them, that reached a step: from memory, or read back from storage.',
    v =>
      cropSteps(v).flatMap(([step, { itemsIn }]) => {
        const stored = v.start === 'crops' ? itemsIn : 0
        return [
          [itemsIn - stored, { step, from: 'memory' }],
          [stored, { step, from: 'storage' }],
        ]
      }),
    'step',
    'from',
  ),
  gauge(
    'cropstream_optimization_used',
    'Whether a step processes results of this run (in_memory_processing) or the stored results of an earlier run (fallback_storage): 1 or 0.',
    v =>
      steps(v).flatMap(([step]) =>
        (['in_memory_processing', 'fallback_storage'] as const).map(
          (mode): Measurement => [optimizationOf(v.start) === mode ? 1 : 0, { step, mode }],
        ),
      ),
    'step',
    'mode',
  ),

  gauge(
    'cropstream_resident_memory_max_bytes',
    'Peak resident memory of the process, in bytes.',
    () => process.resourceUsage().maxRSS * 1024,
  ),
  gauge('cropstream_workers', 'Worker threads.', v => v.run.pool.workers),
  counter(
    'cropstream_worker_busy_seconds_total',
    'Busy seconds, summed over all workers.',
    v => v.run.pool.busyMs / 1000,
  ),

  gauge('cropstream_sink_backlog_bytes', 'Bytes on their way to the output.', v => backlog(v).bytes),
  gauge('cropstream_sink_backlog_images', 'Images on their way to the output.', v => backlog(v).images),
  gauge(
    'cropstream_sink_backlog_limit_bytes',
    'Bytes that may be on their way to the output before the graph is held back.',
    v => v.storage.window.options.waitingBytes,
  ),
  gauge(
    'cropstream_sink_backlog_max_bytes',
    'Peak number of bytes on their way to the output.',
    v => v.storage.window.mostBytes,
  ),
  counter(
    'cropstream_sink_held_back_seconds_total',
    'Seconds for which the graph was held back because too much was on its way to the output.',
    v => v.storage.window.waitedMs / 1000,
  ),
  gauge(
    'cropstream_upload_window',
    'Concurrent uploads allowed now; shrinks when the storage throttles.',
    v => v.storage.window.limit,
  ),

  counter(
    'cropstream_storage_requests_total',
    'Requests to a bucket by kind, retries included.',
    v => operations(v).map(([kind, { requests }]) => [requests, { kind }]),
    'kind',
  ),
  counter(
    'cropstream_storage_bytes_total',
    'Bytes to and from a bucket by kind of request.',
    v =>
      operations(v).flatMap(([kind, { bytesUp, bytesDown }]) => [
        [bytesUp, { kind, direction: 'up' }],
        [bytesDown, { kind, direction: 'down' }],
      ]),
    'kind',
    'direction',
  ),
  counter(
    'cropstream_storage_results_total',
    'Finished requests to a bucket, by kind and result.',
    v =>
      [...v.storage.requests.results].flatMap(([kind, results]) =>
        Object.entries(results).map(([result, n]): Measurement => [n, { kind, result }]),
      ),
    'kind',
    'result',
  ),
  counter(
    'cropstream_storage_retries_total',
    'Requests to a bucket that failed and were retried, by kind and cause.',
    v =>
      operations(v).flatMap(([kind, { retries }]) =>
        Object.entries(retries).map(([cause, n]): Measurement => [n, { kind, cause }]),
      ),
    'kind',
    'cause',
  ),
]

const count = ({ run }: RunView, step: string): Readonly<StepCount> => run.counts.get(step) ?? emptyCount()
const steps = ({ run }: RunView) => [...run.counts]
const backlog = ({ storage }: RunView) => storage.window.backlog
const operations = ({ storage }: RunView) => [...storage.requests.counts]

/** Every detection has one of these outcomes. */
const outcomes = ['tracked', 'off_pitch', 'unconfirmed', 'low_confidence', 'bystander', 'spectator'] as const
const droppedBy = {
  off_pitch: pitchFilter.name,
  unconfirmed: track.name,
  low_confidence: track.name,
  bystander: bystanderFilter.name,
  spectator: spectatorFilter.name,
} as const

function detections(view: RunView, outcome: (typeof outcomes)[number]): number {
  if (outcome === 'tracked') {
    return count(view, track.name).itemsOut - detections(view, 'bystander') - detections(view, 'spectator')
  }
  return count(view, droppedBy[outcome]).dropped[outcome] ?? 0
}

/** The steps after the one that cuts or reads the crops. */
function cropSteps(view: RunView): (readonly [step: string, count: Readonly<StepCount>])[] {
  const all = steps(view)
  return all.slice(
    all.findIndex(([step]) => step === (view.start === 'crops' ? readCrops.name : crop.name)) + 1,
  )
}
