#!/usr/bin/env node
import { type Observable, pipe } from 'rxjs'
import { isMain, main } from './cli/main.js'
import { type Config, configure, type Options } from './job/config.js'
import { type Hooks, type Job, runJob, type Summary } from './job/job.js'
import { augment } from './operators/augment.js'
import { crop } from './operators/crop.js'
import { detect } from './operators/detect.js'
import { encode } from './operators/encode.js'
import { keepCrops, keepFrames } from './operators/keep.js'
import { pitchFilter } from './operators/pitch-filter.js'
import { removeBackground } from './operators/remove-background.js'
import { split } from './operators/split.js'
import { when } from './runtime/operator.js'
import type { Packet } from './runtime/slots.js'
import type { StoredFrame, TrackedFrame } from './types.js'

/**
 * One video in, one dataset out.
 * @throws CropstreamError when that cannot be done: what failed, where, and what to do. No manifest then.
 */
export async function processVideo(
  video: string,
  options: Options = {},
  hooks: Hooks = {},
): Promise<Summary> {
  const config = configure(options)
  return runJob(video, config, hooks, job => graph(job, config))
}

/** The graph, from top to bottom as in the picture of the README. Each stage is one hand-off to a worker. */
async function graph(job: Job, config: Config): Promise<void> {
  const { run, plan, video, stored, model, grass, known, follow, detections, preview, sink } = job

  const players: Observable<Packet<TrackedFrame | StoredFrame>> = stored
    ? run.from(stored)
    : run.from(video).pipe(
        run.recall(
          known,
          pipe(
            run.onWorkers(detect(model, plan.detect), when(config.pitchFilter, pitchFilter(grass))),
            run.onMain('track', follow),
          ),
        ),
        run.tap(frame => detections.write(frame)),
        run.tap(async frame => preview?.write(frame)),
      )

  const images = players.pipe(
    run.onWorkers(
      when(plan.keep.frames, keepFrames(plan.jpeg)),
      crop(plan.crop),
      when(plan.keep.originals, keepCrops('original', plan.jpeg)),
      when(config.backgroundRemoval, removeBackground(grass, plan.background)),
      when(plan.keep.modified, keepCrops('modified', plan.jpeg)),
      split(plan.split),
      augment(plan.augment),
      encode(plan.jpeg),
    ),
  )

  await run.into(sink, images)
}

if (isMain(import.meta.url)) process.exitCode = await main(process.argv, processVideo)
