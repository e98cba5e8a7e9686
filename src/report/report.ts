import { version } from '../common/version.js'
import { crop } from '../operators/crop.js'
import { detect } from '../operators/detect.js'
import { pitchFilter } from '../operators/pitch-filter.js'
import { readCrops } from '../operators/read-crops.js'
import { split } from '../operators/split.js'
import { track } from '../operators/track.js'
import { sharesOf } from '../runtime/step-metrics.js'
import { flagFor, flagOf } from '../settings/configure.js'
import { defaultSampling } from '../sources/sampling.js'
import type { Model } from '../vision/detectors/model.js'
import { bundledModels } from '../vision/detectors/model-list.js'
import type { Identities } from '../vision/identities/suggest.js'
import type { ModelReport, PairReport, ReportData } from './data.js'
import { reportHtml } from './html.js'
import type { Notes } from './recorder.js'
import { surfaceReport } from './surface-report.js'

/** Largest number of pairs of tracks on the page. */
const MAX_PAIRS = 1000

/** Totals of the run. */
export interface Outcome {
  readonly wallSeconds: number
  readonly peakBytes: number
  readonly bottleneck: string
  readonly advice?: string
}

/** Yields `report.html` in pieces. */
export async function* reportPage(
  notes: Notes,
  identities: Identities | undefined,
  datasetSha256: string,
  outcome: Outcome,
): AsyncGenerator<string> {
  yield* reportHtml(await dataOf(notes, identities, datasetSha256, outcome), notes.tracks.report())
}

async function dataOf(
  notes: Notes,
  identities: Identities | undefined,
  datasetSha256: string,
  outcome: Outcome,
): Promise<Omit<ReportData, 'tracks'>> {
  const { view, leakage, tracks } = notes
  const { info, identity, sink, run } = view
  const shares = sharesOf(run.counts)
  return {
    video: {
      name: view.name,
      guid: identity.videoGuid,
      sha256: identity.sha256,
      width: info.width,
      height: info.height,
      fps: info.fps,
      frames: info.frameCount,
      seconds: info.durationSeconds,
      bytes: info.sizeBytes,
    },
    run: {
      guid: view.runGuid,
      root: view.root,
      datasetSha256,
      finishedAt: new Date().toISOString(),
      version,
      model: modelOf(notes),
      ...(view.removal.method === 'person' && { person: described(view.removal.model) }),
      images: sink.samples,
      ...leakage.images,
      tracks: view.tracksWithImages,
      tracksSeen: view.tracks.opened,
      cuts: view.tracks.cuts,
      wallSeconds: outcome.wallSeconds,
      peakBytes: outcome.peakBytes,
      warnings: notes.warnings,
      omitted: notes.omitted,
    },
    options: optionsOf(notes),
    funnel: funnelOf(notes),
    classes: view.classes.map(({ className, images }) => ({
      ...(className !== undefined && { name: className }),
      images,
    })),
    steps: [...run.counts].map(([step, { itemsIn, itemsOut, dropped, flagged, workMs, waitMs }]) => ({
      step,
      ...sharedBy(shares.get(step), itemsIn),
      out: itemsOut,
      dropped,
      flagged,
      workSeconds: workMs / 1000,
      waitSeconds: waitMs / 1000,
    })),
    bottleneck: outcome.bottleneck,
    ...(outcome.advice !== undefined && { advice: outcome.advice }),
    detections: notes.detections.report(),
    tracksLeftOut: tracks.leftOut,
    ...(identities !== undefined && { pairs: pairsOf(identities) }),
    pairsLeftOut: Math.max(0, (identities?.pairs.length ?? 0) - MAX_PAIRS),
    histograms: [notes.heights, notes.sharpness, notes.confidence]
      .filter(distribution => distribution !== undefined)
      .map(distribution => distribution.histogram()),
    drops: await notes.drops.report(),
    ...(notes.surface !== undefined && { surface: await surfaceReport(notes.surface, view) }),
    timeline: notes.timeline.report(),
    leakage: leakage.checks(),
  }
}

const pairsOf = ({ pairs }: Identities): PairReport[] =>
  pairs.slice(0, MAX_PAIRS).map(({ tracks, similarity, why: { words } }) => ({ tracks, similarity, words }))

const sharedBy = (share: number | undefined, itemsIn: number) =>
  share === undefined ? {} : { in: itemsIn, share }

/** Of the model of an earlier run, what is known of the bundled ones. */
function modelOf({ view: { foundBy, model } }: Notes): ModelReport {
  if (foundBy === null) return { name: 'unknown', sha256: 'unknown', licences: [], attribution: [] }
  const { sha256 } = foundBy
  const listed =
    sha256 === model.sha256 ? model.listed : bundledModels().find(bundled => bundled.sha256 === sha256)
  return described({ ...foundBy, listed })
}

function described({ name, sha256, listed }: Pick<Model, 'name' | 'sha256' | 'listed'>): ModelReport {
  const { licences = {}, attribution = [] } = listed ?? {}
  return {
    ...{ name, sha256, attribution },
    licences: Object.entries(licences).map(([of, licence]) => ({ of, licence })),
  }
}

/** Counts from the frames of the video to the images of the dataset. */
function funnelOf({ view: { info, source, run, sink } }: Notes): ReportData['funnel'] {
  const labels: Readonly<Record<string, string>> = {
    [detect.name]: 'candidates detected',
    [pitchFilter.name]: 'on the playing surface',
    [track.name]: 'tracked',
    [crop.name]: 'cropped',
    [readCrops.name]: 'crops read',
    [split.name]: 'in train or val',
  }
  const stages = [...run.counts].flatMap(([step, { itemsOut, dropped }]) => {
    const label = labels[step] ?? (Object.keys(dropped).length > 0 ? `after ${step}` : undefined)
    return label === undefined ? [] : [{ label, count: itemsOut }]
  })
  return [
    { label: 'frames in the video', count: info.frameCount },
    { label: 'frames sampled', count: source.report.framesRead },
    ...stages,
    { label: 'images, variants included', count: sink.samples },
  ]
}

/** Named as on the command line: a switch that is on by default is shown as `--no-…`. */
function optionsOf({ view: { config, settings, split: fit, detector } }: Notes): ReportData['options'] {
  const fitted: Readonly<Record<string, number | string | undefined>> = {
    valRatio: fit.valRatio,
    splitPeriod: fit.periodSeconds,
    splitGap: fit.gapSeconds,
    inputSize: detector?.inputSize,
    tiles: detector?.tiles,
  }
  const sampled = config.every !== undefined || config.frames !== undefined
  return Object.entries(settings)
    .filter(([, { shapesDataset }]) => shapesDataset)
    .map(([key, { default: standard }]) => {
      const value = config[key]
      const changed = JSON.stringify(value) !== JSON.stringify(standard)
      if (typeof value === 'boolean') {
        return { flag: flagFor(key, !standard), value: value === standard ? 'no' : 'yes', changed }
      }
      const fittedValue = fitted[key]
      const effective = key === 'fps' && !sampled ? (value ?? defaultSampling.fps) : value
      const note =
        fittedValue === undefined || fittedValue === value
          ? ''
          : ` (adjusted to ${typeof fittedValue === 'number' ? Number(fittedValue.toFixed(3)) : fittedValue} for this video)`
      return { flag: flagOf(key), value: `${textOf(effective)}${note}`, changed }
    })
}

/** As on the command line: colors are separated by a plus. */
const textOf = (value: unknown): string =>
  Array.isArray(value) && Array.isArray(value[0]) ? value.join('+') : `${value ?? ''}`
