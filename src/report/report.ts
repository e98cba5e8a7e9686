import { sharesOf } from '../cli/summary.js'
import { version } from '../common/version.js'
import { flagOf, type SettingName, settings } from '../job/config.js'
import type { RunView } from '../observe/run-observer.js'
import { defaultSampling } from '../sources/sampling.js'
import type { ReportData } from './data.js'
import { reportHtml } from './html.js'
import type { Notes } from './recorder.js'

/** What the run was in all. */
export interface Outcome {
  readonly wallSeconds: number
  readonly peakBytes: number
  readonly bottleneck: string
}

/** The page of `report.html`, in pieces, from what was noted during the run. */
export async function* reportPage(notes: Notes, outcome: Outcome): AsyncGenerator<string> {
  yield* reportHtml(await dataOf(notes, outcome), notes.tracks.report())
}

async function dataOf(notes: Notes, outcome: Outcome): Promise<Omit<ReportData, 'tracks'>> {
  const { view, leakage, tracks } = notes
  const { info, identity, model, sink, tracker, run } = view
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
      finishedAt: new Date().toISOString(),
      version,
      model: { name: model.name, sha256: model.sha256 },
      images: sink.samples,
      ...leakage.images,
      tracks: tracker.stats.opened,
      cuts: tracker.stats.cuts,
      wallSeconds: outcome.wallSeconds,
      peakBytes: outcome.peakBytes,
      warnings: notes.warnings,
    },
    options: optionsOf(view),
    funnel: funnelOf(notes),
    steps: [...run.counts].map(([step, { itemsIn, itemsOut, dropped, workMs, waitMs }]) => ({
      step,
      ...sharedBy(shares.get(step), itemsIn),
      out: itemsOut,
      dropped,
      workSeconds: workMs / 1000,
      waitSeconds: waitMs / 1000,
    })),
    bottleneck: outcome.bottleneck,
    detections: notes.detections.report(),
    tracksLeftOut: tracks.leftOut,
    histograms: notes.histograms.map(distribution => distribution.histogram()),
    drops: await notes.drops.report(),
    timeline: notes.timeline.report(),
    leakage: leakage.checks(),
  }
}

const sharedBy = (share: number | undefined, itemsIn: number) =>
  share === undefined ? {} : { in: itemsIn, share }

/** From the frames of the video to the images of the dataset. Each unit makes many of the next. */
function funnelOf({ view: { info, video, run, sink } }: Notes): ReportData['funnel'] {
  const count = (step: string) => run.counts.get(step)
  const stages = [
    { label: 'frames of the video', count: info.frameCount },
    { label: 'frames looked at', count: video.report.framesRead },
    { label: 'players detected', count: count('detect')?.itemsOut },
    { label: 'on the pitch', count: count('pitch-filter')?.itemsOut },
    { label: 'tracked', count: count('track')?.itemsOut },
    { label: 'cropped', count: count('crop')?.itemsOut },
    { label: 'on a side of the split', count: count('split')?.itemsOut },
    { label: 'images with variants', count: sink.samples },
  ]
  return stages.flatMap(({ label, count }) => (count === undefined ? [] : [{ label, count }]))
}

/** As on the command line: what is on by default is turned off by `--no-…`. */
function optionsOf({ config, plan }: RunView): ReportData['options'] {
  const { periodSeconds, gapSeconds, valRatio } = plan.split
  const fitted: Partial<Record<SettingName, number>> = {
    valRatio,
    splitPeriod: periodSeconds,
    splitGap: gapSeconds,
  }
  const sampled = config.every !== undefined || config.frames !== undefined
  return (Object.keys(settings) as SettingName[])
    .filter(key => settings[key].shapesDataset)
    .map(key => {
      const [value, standard] = [config[key], settings[key].default]
      const changed = JSON.stringify(value) !== JSON.stringify(standard)
      if (typeof value === 'boolean') {
        const flag = standard === true ? flagOf(key).replace('--', '--no-') : flagOf(key)
        return { flag, value: value === standard ? 'no' : 'yes', changed }
      }
      const fit = fitted[key]
      const shown = key === 'fps' && !sampled ? (value ?? defaultSampling.fps) : value
      const note = fit === undefined || fit === value ? '' : ` (${Number(fit.toFixed(3))} fits this video)`
      return { flag: flagOf(key), value: `${shown ?? ''}${note}`, changed }
    })
}
