import { flagOf, type SettingName, settings } from '../config.js'
import { sharesOf } from '../summary.js'
import { version } from '../version.js'
import type { ReportData } from './data.js'
import type { Notes } from './recorder.js'

/** What the run was in all. */
export interface Outcome {
  readonly wallSeconds: number
  readonly peakBytes: number
  readonly bottleneck: string
  readonly warnings: readonly string[]
}

/** Everything that the page shows, from what was noted during the run. */
export async function reportData(notes: Notes, outcome: Outcome): Promise<ReportData> {
  const { view, leakage, tracks } = notes
  const { info, identity, model, sink, tracker, config, run } = view
  const shown = await tracks.report()
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
      warnings: outcome.warnings,
    },
    options: (Object.keys(settings) as SettingName[])
      .filter(key => settings[key].shapesDataset)
      .map(key => ({
        flag: flagOf(key),
        value: wordsOf(config[key]),
        changed: wordsOf(config[key]) !== wordsOf(settings[key].default),
      })),
    funnel: funnelOf(notes),
    steps: [...run.counts].map(([step, { itemsIn, itemsOut, dropped, workMs, waitMs }]) => ({
      step,
      in: itemsIn,
      out: itemsOut,
      dropped,
      workSeconds: workMs / 1000,
      waitSeconds: waitMs / 1000,
      share: shares.get(step) ?? 0,
    })),
    bottleneck: outcome.bottleneck,
    detections: notes.detections.report(),
    tracks: shown,
    tracksLeftOut: tracks.size - shown.length,
    histograms: notes.histograms.map(distribution => distribution.histogram()),
    drops: await notes.drops.report(),
    timeline: notes.timeline.report(),
    leakage: leakage.checks(),
  }
}

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

const wordsOf = (value: unknown): string =>
  value === undefined ? '' : Array.isArray(value) ? value.join(',') : String(value)
