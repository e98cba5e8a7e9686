import type { StepCount } from '../runtime/step-metrics.js'
import { counter, gauge, type Reading, type Sample } from './pull-metrics.js'
import type { RunView } from './run-observer.js'

/**
 * What a run counts of itself anyway. No label takes a value of a video or a run: all come from sets that the
 * code fixes, so that a thousand runs have the series of one.
 */
export const readings: readonly Reading[] = [
  gauge(
    'cropstream_model_info',
    'The detector; always 1.',
    ({ model: { name, sha256 } }) => [[1, { name, sha256 }]],
    'name',
    'sha256',
  ),

  gauge('cropstream_video_duration_seconds', 'Length of the video, in seconds.', v => v.info.durationSeconds),
  gauge('cropstream_frames_expected', 'Frames that the sampling chose.', v => v.video.report.framesExpected),
  counter('cropstream_frames_decoded_total', 'Frames decoded.', v => v.video.report.framesRead),
  counter(
    'cropstream_frames_detected_total',
    'Frames searched for players.',
    v => count(v, 'detect').itemsIn,
  ),
  counter(
    'cropstream_frames_finished_total',
    'Frames of which every crop has been taken by the sink.',
    v => v.run.done,
  ),
  counter(
    'cropstream_frames_skipped_total',
    'Frames of the video that the sampling left out.',
    v => v.info.frameCount - v.video.report.framesExpected,
  ),
  counter(
    'cropstream_ffmpeg_cpu_seconds_total',
    'User and system time, in seconds, of the ffmpeg processes that have ended.',
    v => v.video.report.cpuSeconds,
  ),
  counter(
    'cropstream_source_held_back_seconds_total',
    'Seconds for which ffmpeg was held back because no frame slot was free.',
    v => v.run.slots.waitedMs / 1000,
  ),

  gauge('cropstream_frame_slots', 'Frames that may be alive at once.', v => v.run.slots.limit),
  gauge('cropstream_frame_slots_live', 'Frames alive now.', v => v.run.slots.live),
  gauge('cropstream_frame_slots_live_max', 'The most frames ever alive at once.', v => v.run.slots.highWater),
  gauge('cropstream_frame_slot_bytes', 'Size of a frame slot, in bytes.', v => v.run.slots.slotBytes),

  counter(
    'cropstream_detections_total',
    'Detections by what became of them.',
    v => outcomes.map(outcome => [detections(v, outcome), { outcome }]),
    'outcome',
  ),
  counter('cropstream_tracks_opened_total', 'Tracks that were given an id.', v => v.tracker.stats.opened),
  counter(
    'cropstream_tracks_closed_total',
    'Tracks that can no longer be found again.',
    v => v.tracker.stats.closed,
  ),
  counter('cropstream_cuts_total', 'Camera cuts.', v => v.tracker.stats.cuts),

  counter(
    'cropstream_step_items_in_total',
    'What a step took: frames, detections, crops or images.',
    v => steps(v).map(([step, { itemsIn }]) => [itemsIn, { step }]),
    'step',
  ),
  counter(
    'cropstream_step_items_out_total',
    'What a step gave: frames, detections, crops or images.',
    v => steps(v).map(([step, { itemsOut }]) => [itemsOut, { step }]),
    'step',
  ),
  counter(
    'cropstream_step_dropped_total',
    'What a step dropped, by reason.',
    v =>
      steps(v).flatMap(([step, { dropped }]) =>
        Object.entries(dropped).map(([reason, n]): Sample => [n, { step, reason }]),
      ),
    'step',
    'reason',
  ),
  counter(
    'cropstream_crops_handed_on_total',
    'Crops, and images made of them, that reached a step: from memory, or read back from storage.',
    v =>
      crossings(v).flatMap(([step, n]) => [
        [n.memory, { step, from: 'memory' }],
        [n.storage, { step, from: 'storage' }],
      ]),
    'step',
    'from',
  ),
  gauge(
    'cropstream_optimization_used',
    'Whether a step got its crops by in_memory_processing or by fallback_storage: 1 or 0.',
    v =>
      crossings(v).flatMap(([step, { storage }]) => [
        [storage === 0 ? 1 : 0, { step, mode: 'in_memory_processing' }],
        [storage === 0 ? 0 : 1, { step, mode: 'fallback_storage' }],
      ]),
    'step',
    'mode',
  ),

  gauge(
    'cropstream_resident_memory_max_bytes',
    'The most resident memory that the process ever had, in bytes.',
    () => process.resourceUsage().maxRSS * 1024,
  ),
  gauge('cropstream_workers', 'Worker threads.', v => v.run.pool.workers),
  counter(
    'cropstream_worker_busy_seconds_total',
    'Seconds that all workers together have worked.',
    v => v.run.pool.busyMs / 1000,
  ),

  gauge('cropstream_sink_backlog_bytes', 'Bytes on their way to the output.', v => backlog(v).bytes),
  gauge('cropstream_sink_backlog_images', 'Images on their way to the output.', v => backlog(v).images),
  gauge(
    'cropstream_sink_backlog_limit_bytes',
    'Bytes that may be on their way to the output before the graph is held back.',
    v => v.places.window.options.waitingBytes,
  ),
  gauge(
    'cropstream_sink_backlog_max_bytes',
    'The most bytes that were ever on their way to the output.',
    v => v.places.window.mostBytes,
  ),
  counter(
    'cropstream_sink_held_back_seconds_total',
    'Seconds for which the graph was held back because too much was on its way to the output.',
    v => v.places.window.waitedMs / 1000,
  ),
  gauge(
    'cropstream_upload_window',
    'Uploads that may be under way at once now; shrinks when the storage asks for less.',
    v => v.places.window.limit,
  ),

  counter(
    'cropstream_storage_requests_total',
    'Requests to a bucket by kind, those that were made again included.',
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
    'Requests to a bucket that have ended, by kind and by how.',
    v =>
      [...v.places.requests.results].flatMap(([kind, results]) =>
        Object.entries(results).map(([result, n]): Sample => [n, { kind, result }]),
      ),
    'kind',
    'result',
  ),
  counter(
    'cropstream_storage_retries_total',
    'Requests to a bucket that failed and were made again, by what was wrong.',
    v =>
      operations(v).flatMap(([kind, { retries }]) =>
        Object.entries(retries).map(([cause, n]): Sample => [n, { kind, cause }]),
      ),
    'kind',
    'cause',
  ),
]

const nothing: StepCount = { itemsIn: 0, itemsOut: 0, dropped: {}, workMs: 0, waitMs: 0 }
const count = ({ run }: RunView, step: string): Readonly<StepCount> => run.counts.get(step) ?? nothing
const steps = ({ run }: RunView) => [...run.counts]
const backlog = ({ places }: RunView) => places.window.backlog
const operations = ({ places }: RunView) => [...places.requests.counts]

/** Every detection ends as one of them. */
const outcomes = ['tracked', 'off_pitch', 'unconfirmed', 'low_confidence'] as const

function detections(view: RunView, outcome: (typeof outcomes)[number]): number {
  if (outcome === 'tracked') return count(view, 'track').itemsOut
  return count(view, outcome === 'off_pitch' ? 'pitch-filter' : 'track').dropped[outcome] ?? 0
}

/** The steps behind `crop`, and how many crops each got in memory or had to read back from storage. */
function crossings(view: RunView): [step: string, crops: { memory: number; storage: number }][] {
  const all = steps(view)
  const behind = all.slice(all.findIndex(([step]) => step === 'crop') + 1)
  // Nothing reads crops back yet; what will is to be counted here.
  return behind.map(([step, { itemsIn }]) => [step, { memory: itemsIn, storage: 0 }])
}
