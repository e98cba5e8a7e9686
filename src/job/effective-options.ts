import { datasetOptions, flagFor, flagOf, settingsOf } from '../settings/configure.js'
import type { SettingGroup, Settings } from '../settings/setting.js'
import { detectorOptions } from '../vision/detectors/detector-options.js'
import { loadModel, type Model, usageOf } from '../vision/detectors/model.js'
import type { Graph } from './contract.js'
import type { RunConfig } from './settings.js'

/** The model of a run. No detection runs when it starts from an earlier one: then none of the user is needed. */
export const modelFor = (config: RunConfig): Promise<Model> =>
  loadModel(config.from === 'video' ? config : {})

/**
 * The options that shape the dataset: for the manifest, with the model's defaults, and without those of steps that the
 * start leaves out.
 * @throws UsageError for a value that is not valid for the model.
 */
export function effectiveOptions(graph: Graph, config: RunConfig, model: Model): Record<string, unknown> {
  const idle = idleSettings(graph, config)
  const complete =
    config.from === 'video'
      ? { ...config, ...modelOptions(config, model), precision: model.listed?.precision }
      : config
  const options = datasetOptions(settingsOf(graph.settings), complete)
  return Object.fromEntries(Object.entries(options).filter(([key]) => !Object.hasOwn(idle, key)))
}

/** The model as the manifest records it. */
export const modelFields = (model: Model) => ({
  ...{ name: model.name, sha256: model.sha256, used_as: usageOf(model) },
})

/** The options of the detector with the model's defaults for those that the user left out. */
function modelOptions({ confidence, nmsIou, classes }: RunConfig, model: Model) {
  const options = detectorOptions(model, { confidence, nmsIou, classes })
  return { confidence: options.confidence, nmsIou: options.nmsIou, classes: options.classes }
}

/** A warning that names the options which were set and have no effect; undefined when there are none. */
export function idleOptionsWarning(graph: Graph, config: RunConfig): string | undefined {
  const values: Readonly<Record<string, unknown>> = { ...config }
  const flags = Object.entries(idleSettings(graph, config))
    .filter(([key, { default: standard }]) => JSON.stringify(values[key]) !== JSON.stringify(standard))
    .map(([key]) => (values[key] === false ? flagFor(key, false) : flagOf(key)))
  return flags.length === 0 ? undefined : `no effect with --from ${config.from}: ${flags.join(', ')}`
}

/** Settings of steps that the start of the run leaves out. */
function idleSettings({ settings, steps }: Graph, { from }: RunConfig): Settings {
  const all = Object.values(steps).flat()
  const run = settings.filter(group => !all.includes(group))
  const used: Settings = settingsOf<readonly SettingGroup[]>([...run, ...steps[from]])
  const idle = Object.entries(settingsOf<readonly SettingGroup[]>(all)).filter(
    ([key]) => !Object.hasOwn(used, key),
  )
  return Object.fromEntries(idle)
}
