#!/usr/bin/env node
import { isMain, main } from './cli/main.js'
import type { Graph, Hooks, Summary } from './job/contract.js'
import { runJob } from './job/run-job.js'
import { runSettings } from './job/settings.js'
import { augment } from './operators/augment.js'
import { changeFilter } from './operators/change-filter.js'
import { crop } from './operators/crop.js'
import { detect } from './operators/detect.js'
import { encode } from './operators/encode.js'
import { keepFrames, keepModifiedCrops, keepOriginalCrops } from './operators/keep.js'
import { pitchFilter } from './operators/pitch-filter.js'
import { readCrops } from './operators/read-crops.js'
import { removeBackground } from './operators/remove-background.js'
import { sharpnessFilter } from './operators/sharpness-filter.js'
import { split } from './operators/split.js'
import { track } from './operators/track.js'
import { steps } from './runtime/wiring.js'
import { checkOptions, type OptionsOf, type SettingsOf, settingsOf } from './settings/configure.js'
import type { Values } from './settings/setting.js'

/** The steps, from top to bottom as in the picture of the README. Each says itself where it runs. */
const find = steps(detect, pitchFilter, track)
const dataset = steps(
  sharpnessFilter,
  changeFilter,
  removeBackground,
  keepModifiedCrops,
  split,
  augment,
  encode,
)
const fromFrames = steps(keepFrames, crop, keepOriginalCrops, ...dataset)
const fromCrops = steps(readCrops, ...dataset)

const groups = [...runSettings, ...find, ...fromFrames, ...fromCrops] as const

/** The three ways to start, and what each goes through. */
export const graph: Graph = {
  settings: groups,
  wire({ input, run, observer, ready }) {
    switch (input.start) {
      case 'video':
        return run
          .from(input.frames)
          .pipe(
            run.bypassIfCached(input.cached, ready(find)),
            run.tap(observer.frameTracked),
            run.through(ready(fromFrames)),
          )
      case 'detections':
        return run.from(input.frames).pipe(run.tap(observer.frameTracked), run.through(ready(fromFrames)))
      case 'crops':
        return run.from(input.frames).pipe(run.tap(observer.cropsRead), run.through(ready(fromCrops)))
    }
  },
}

/** Every option, by its key. */
export const settings = settingsOf(groups)
/** What a user gives: any of the options. */
export type Options = OptionsOf<SettingsOf<typeof groups>>
/** All options, checked and complete. */
export type Config = Values<SettingsOf<typeof groups>>
/** @throws UsageError that names the first option that is unknown, malformed or at odds with another. */
export const configure = (options: Options): Config => checkOptions(groups, options)

/**
 * One video in, one dataset out.
 * @throws CropstreamError when that cannot be done: what failed, where, and what to do. No manifest then.
 */
export async function processVideo(
  video: string,
  options: Options = {},
  hooks: Hooks = {},
): Promise<Summary> {
  return runJob(video, configure(options), hooks, graph)
}

if (isMain(import.meta.url)) process.exitCode = await main(process.argv, graph, processVideo)
