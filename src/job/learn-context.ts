import type { LearnedSurface } from '../observe/run-observer.js'
import type { BackgroundRemoval, RunContext } from '../operators/definition.js'
import { chooseRemoval } from '../operators/remove-background.js'
import type { WorkerPool } from '../runtime/worker-pool.js'
import { seekFrames } from '../sources/sample-frames.js'
import type { Picture } from '../types.js'
import { detectorOptions } from '../vision/detectors/detector-options.js'
import { lookedAt } from '../vision/detectors/fit-view.js'
import { loadPersonModel } from '../vision/segmentation/person-model.js'
import { fitSurface } from '../vision/surface/fit-surface.js'
import { givenColors } from '../vision/surface/settings.js'
import { noSurface, restoreSurface, type SurfaceModel } from '../vision/surface/surface-model.js'
import { maskAgreementIn } from './compare-masks.js'
import type { JobContext, ResolvedRun } from './contract.js'
import { fitDetector, type Look, lookAhead, lookForPeople } from './fit-detector.js'
import { sampledFrames } from './open-input.js'
import type { RunConfig } from './settings.js'

/** Decodes the frames from which the video is learned. @param look undefined when no detector runs. */
export function decodeSamples(
  { info, model }: ResolvedRun,
  { config, hooks }: JobContext,
  look: Look | undefined,
) {
  const found = look && lookAhead(model, config, look, learnsFromPeople(config))
  // With a memory limit, one ffmpeg at a time: several of them would determine the peak.
  return seekFrames(info, config.grassSamples, hooks.signal, config.maxMemory && 1, found)
}

/** Computes what the steps need to know about the video. */
export async function learnContext(
  resolved: ResolvedRun,
  { config, observer }: JobContext,
  samples: readonly [Picture, ...Picture[]],
  look: Look | undefined,
  pool: WorkerPool,
): Promise<RunContext> {
  const { info, identity, model, device } = resolved
  const surface = await surfaceFor(resolved, config, samples, look)
  if (!surface.found && config.surface !== 'none' && usesSurface(config))
    observer.warned(`no playing surface was found (${surface.reason}): everyone is kept`)
  const given = givenColors(config.surface)
  if (given !== undefined && surface.coverage < leastCoverage)
    observer.warned(
      `what --surface gives covers ${Math.round(100 * surface.coverage)}% of the sample frames: is it the color of the playing surface?`,
    )
  const playing = config.pitchFilter && surface.found ? surface : undefined
  const detector =
    look === undefined
      ? { ...detectorOptions(model), why: 'it does not run' }
      : await fitDetector(model, config, samples, look, playing)
  const removal = await removalIn(pool, resolved, config, surface, samples, look)
  if (removal.method === 'none' && config.backgroundRemoval && config.background === 'surface')
    observer.warned(
      'backgrounds are kept: --background surface needs a playing surface whose colors are not those of people',
    )
  observer.surfaceLearned({
    ...{ surface, removal, origin: originOf(resolved, config) },
    seen: await seenIn(resolved, config, samples, look),
  })
  return {
    ...{
      model,
      device: device.name,
      detector,
      surface,
      removal,
      videoGuid: identity.videoGuid,
      durationSeconds: info.durationSeconds,
    },
    intervalSeconds: sampledFrames(resolved, config).intervalSeconds,
    sparse: config.frames !== undefined,
  }
}

/** Share of the sample frames that a playing surface covers. */
const leastCoverage = 0.1

const usesSurface = ({ pitchFilter = false, backgroundRemoval = false, background }: RunConfig): boolean =>
  pitchFilter || (backgroundRemoval && (background === 'auto' || background === 'surface'))

const learnsFromPeople = (config: RunConfig): boolean => config.surface === 'auto' && usesSurface(config)

const originOf = ({ earlier }: ResolvedRun, { surface }: RunConfig): LearnedSurface['origin'] => {
  if (surface !== 'auto') return 'given'
  return earlier?.surface === undefined ? 'samples' : 'earlier'
}

/** The sample frames that are looked at, with the people in them where a report will show them. */
async function seenIn(
  { model }: ResolvedRun,
  config: RunConfig,
  samples: readonly [Picture, ...Picture[]],
  look: Look | undefined,
): Promise<LearnedSurface['seen']> {
  if (look !== undefined && config.report && config.surface !== 'none')
    return lookForPeople(model, config, samples, look)
  return lookedAt(samples.length).map(i => ({ picture: samples[i]! })) // places among them
}

/** Learns the playing surface, or takes what the user or an earlier run says of it. */
async function surfaceFor(
  { model, earlier }: ResolvedRun,
  config: RunConfig,
  samples: readonly [Picture, ...Picture[]],
  look: Look | undefined,
): Promise<SurfaceModel> {
  const { surface, grassSensitivity: sensitivity } = config
  if (surface === 'none') return noSurface('--surface none')
  if (surface === 'auto' && earlier?.surface !== undefined)
    return restoreSurface(earlier.surface, sensitivity)
  const seen =
    look !== undefined && learnsFromPeople(config) ? await lookForPeople(model, config, samples, look) : []
  const options = { topCropRatio: config.grassTop, bottomCropRatio: config.grassBottom, sensitivity }
  return fitSurface(samples, { ...options, colors: givenColors(surface) }, seen)
}

/** Sample frames in which masks are compared. */
const comparedFrames = 3

/** A graph without the step removes nothing. An earlier run may have compared the masks, by the surface that it learned. */
async function removalIn(
  pool: WorkerPool,
  { model, earlier }: ResolvedRun,
  config: RunConfig,
  surface: SurfaceModel,
  samples: readonly [Picture, ...Picture[]],
  look: Look | undefined,
): Promise<BackgroundRemoval> {
  const { background, backgroundRemoval } = config
  if (background === undefined || backgroundRemoval === undefined)
    return { method: 'none', why: 'the graph has no step for it' }
  const values = { background, backgroundRemoval }
  const { method: untried, why } = chooseRemoval(values, surface)
  if (untried === 'none') return { method: 'none', why }
  const person = await loadPersonModel()
  let agreement = config.surface === 'auto' ? earlier?.maskAgreement : undefined
  if (look !== undefined && background === 'auto' && surface.separatesPeople) {
    const seen = await lookForPeople(model, config, samples, look)
    agreement = await maskAgreementIn(pool, { person, surface, seen: seen.slice(0, comparedFrames) })
  }
  const choice = chooseRemoval(values, surface, agreement)
  return choice.method === 'person'
    ? { ...choice, method: 'person', model: person, agreement }
    : { ...choice, method: choice.method, agreement }
}
