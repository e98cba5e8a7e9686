import { checkpointFolder } from '../checkpoint/checkpoint-segment.js'
import { type CompleteManifest, checkSame, readManifest, tidyUp } from '../checkpoint/open-run.js'
import { emptyCount } from '../runtime/step-metrics.js'
import type { GcsPlace } from '../storage/gcs.js'
import type { StorageFactory } from '../storage/storage-factory.js'
import type { Store } from '../storage/store.js'
import { deviceIn } from '../vision/detectors/device.js'
import type { JobContext, Summary } from './contract.js'
import { effectiveOptions, modelFields, modelFor } from './effective-options.js'

/**
 * The complete run that moved the video: that of `--run-guid` or, with `--resume`, one that crashed before it removed
 * its checkpoint. Undefined if there is none.
 * @param place original location of the video.
 * @throws UsageError when the run had other options or another model.
 */
export async function completedRunOf(
  place: GcsPlace,
  storage: StorageFactory,
  context: JobContext,
): Promise<Summary | undefined> {
  const { config, graph } = context
  const { runGuid, resume, tenant, pipeline } = config
  if (runGuid === undefined && !resume) return undefined
  const parts = [tenant, 'user', 'process', pipeline]
  const mark = runGuid === undefined ? checkpointFolder : 'metadata.json'
  for (const { path } of await storage.findRuns(parts, [`run_${runGuid ?? ''}`, 'video_'], mark)) {
    const [run = '', video = ''] = path.split('/')
    if (runGuid !== undefined && run !== `run_${runGuid}`) continue
    const store = await storage.open(...parts, run, video)
    try {
      const metadata = JSON.parse(String((await store.read('metadata.json')) ?? '{}'))
      if (metadata.original_blob_name !== place.path) continue
      const manifest = await readManifest(store)
      if (manifest === undefined) continue
      // It may have chosen a device.
      const device = deviceIn(manifest.options) ?? 'cpu'
      const same = config.device === 'auto' ? { ...config, device } : config
      const loaded = await modelFor(same)
      const model = manifest.earlier === undefined ? modelFields(loaded) : manifest.model
      const options = effectiveOptions(graph, same, loaded)
      checkSame(store, { ...manifest, model, options }, manifest)
      await tidyUp(store, context.observer.warned)
      return summaryOf(store, manifest, context)
    } finally {
      await store.close()
    }
  }
  return undefined
}

/** The summary of a run that was already complete. */
export function summaryOf(store: Store, manifest: CompleteManifest, { began, guard }: JobContext): Summary {
  const cpu = process.cpuUsage(began.cpu)
  return {
    alreadyComplete: true,
    root: store.root,
    images: manifest.images,
    imageBytes: manifest.dataset_bytes,
    datasetSha256: manifest.dataset_sha256,
    framesRead: manifest.frames,
    tracks: manifest.tracks,
    tracksSeen: manifest.tracks_seen ?? manifest.tracks,
    cuts: manifest.cuts,
    steps: new Map(
      Object.entries(manifest.steps).map(([name, { in: itemsIn, out: itemsOut, dropped, flagged }]) => [
        name,
        { ...emptyCount(), itemsIn, itemsOut, dropped: { ...dropped }, flagged: { ...flagged } },
      ]),
    ),
    storage: new Map(),
    wallSeconds: (performance.now() - began.ms) / 1000,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    ffmpegPeakBytes: guard.ffmpegPeakBytes,
    bottleneck: 'The run was already complete.',
  }
}
