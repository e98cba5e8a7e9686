#!/usr/bin/env node
import { isMain, main } from './cli/main.js'
import type { Graph, Hooks, Summary } from './job/contract.js'
import { runSettings } from './job/settings.js'
import { augment } from './operators/augment.js'
import { bystanderFilter } from './operators/bystander-filter.js'
import { changeFilter } from './operators/change-filter.js'
import { crop } from './operators/crop.js'
import { detect } from './operators/detect.js'
import { encode } from './operators/encode.js'
import { keepFrames, keepModifiedCrops, keepOriginalCrops } from './operators/keep.js'
import { pitchFilter } from './operators/pitch-filter.js'
import { readCrops } from './operators/read-crops.js'
import { removeBackground } from './operators/remove-background.js'
import { sharpnessFilter } from './operators/sharpness-filter.js'
import { spectatorFilter } from './operators/spectator-filter.js'
import { split } from './operators/split.js'
import { track } from './operators/track.js'
import { steps } from './runtime/wiring.js'
import { checkOptions, type OptionsOf, type SettingsOf, settingsOf } from './settings/configure.js'
import type { Values } from './settings/setting.js'

/** The steps, in the order of the diagram in the README. Each step defines where it runs. */
const find = steps(detect, pitchFilter, track, bystanderFilter, spectatorFilter)
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

/** The graph for each of the three starts. */
export const graph: Graph = {
  settings: groups,
  steps: { video: [...find, ...fromFrames], detections: fromFrames, crops: fromCrops },
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
/** Options as given by a user; all are optional. */
export type Options = OptionsOf<SettingsOf<typeof groups>>
/** All options, checked and complete. */
export type Config = Values<SettingsOf<typeof groups>>
/** Checks options and adds defaults. @throws UsageError for the first option that is unknown, invalid or contradictory. */
export const configure = (options: Options): Config => checkOptions(groups, options)

/**
 * Makes a dataset from one video.
 * @throws CropstreamError on failure, with the cause and a remedy. Then there is no manifest.
 */
export async function processVideo(
  video: string,
  options: Options = {},
  hooks: Hooks = {},
): Promise<Summary> {
  const config = configure(options)
  // Loaded only here: what other commands do takes a third of the memory.
  const { runJob } = await import('./job/run-job.js')
  return runJob(video, config, hooks, graph)
}

if (isMain(import.meta.url)) process.exitCode = await main(process.argv, graph, processVideo)
