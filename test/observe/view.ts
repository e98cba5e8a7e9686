import { tmpdir } from 'node:os'
import type { RunView } from '../../dist/observe/run-observer.js'
import { Run } from '../../dist/runtime/run.js'
import type { RunListener } from '../../dist/runtime/run-options.js'
import { Slots } from '../../dist/runtime/slots.js'
import type { Source } from '../../dist/runtime/source.js'
import { emptyMetrics, type StepMetrics } from '../../dist/runtime/step-metrics.js'
import type { WorkerPool } from '../../dist/runtime/worker-pool.js'
import type { ImageSink } from '../../dist/sinks/files.js'
import type { VideoInfo } from '../../dist/sources/probe.js'
import type { VideoFrames } from '../../dist/sources/video.js'
import { StorageFactory } from '../../dist/storage/storage-factory.js'
import type { Frame, FrameOrigin, ImageFile } from '../../dist/types.js'
import type { Model } from '../../dist/vision/detectors/model.js'

/** A run view for metrics: 60 frames in 6 seconds, every tenth sampled. The test adds the graph. */
export function viewOf(pool: WorkerPool, listener: RunListener<FrameOrigin> = {}): RunView {
  return {
    start: 'video',
    run: new Run(pool, new Slots(4, 30), { listener }),
    info: { frameCount: 60, durationSeconds: 6 } as VideoInfo,
    source: {
      name: 'video',
      report: { framesRead: 4, framesExpected: 6, damage: undefined, cpuSeconds: 1.5 },
    } as VideoFrames,
    model: { name: 'tiny', sha256: 'abc' } as Model,
    device: { name: 'cpu' },
    tracks: { opened: 5, closed: 2, cuts: 1 },
    tracksWithImages: 4,
    storage: new StorageFactory(tmpdir(), {}, { firstDelayMs: 1, maxDelayMs: 1 }),
    sink: { name: 'write' } as ImageSink,
  } as RunView
}

/** Metrics of a step for one input; zero unless given. */
export const record = (some: Partial<StepMetrics> = {}): StepMetrics => ({ ...emptyMetrics(), ...some })

export const frameAt = (ptsMs: number) => ({ ptsMs }) as Frame
export const imageOf = (subset?: 'train' | 'val') =>
  ({ path: 'x', ...(subset && { sample: { subset } }) }) as ImageFile

/** A source of numbers instead of frames. */
export const counting = (count: number): Source<number, FrameOrigin> => ({
  name: 'video',
  async *read(slots, signal) {
    for (let value = 0; value < count; value++) {
      const { lease } = await slots.take(signal)
      yield { origin: { ...frameAt(0), index: value }, value, lease }
    }
  },
})
