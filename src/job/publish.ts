import { printableJson } from '../common/printable.js'
import type { RunView } from '../observe/run-observer.js'
import type { RunSampler } from '../observe/run-sampler.js'
import type { Preview } from '../preview/preview.js'
import { reportPage } from '../report/report.js'
import type { DetectionsFile } from '../sinks/detections.js'
import { writeIdentities } from '../sinks/identities.js'
import type { Manifest } from '../sinks/manifest.js'
import type { IdentityBook } from '../vision/identities/identity-book.js'
import { suggest } from '../vision/identities/suggest.js'
import type { JobContext, ResolvedRun, Summary } from './contract.js'
import { damageOf, metadataOf, stepsOf } from './metadata.js'
import { adviceOnSize } from './remedies.js'

/** A run whose images are all written. */
interface Executed {
  readonly resolved: ResolvedRun
  readonly context: JobContext
  readonly view: RunView
  readonly sampler: RunSampler
  readonly manifest: Manifest
  readonly detections: DetectionsFile
  readonly preview: Preview | undefined
  readonly identities: IdentityBook | undefined
}

/** Completes a run: writes the preview, detections, identities, report, metadata and, last, the manifest. */
export async function publish(executed: Executed): Promise<Summary> {
  const { resolved, context, view, sampler, manifest, detections, preview } = executed
  const identities = executed.identities && suggest(executed.identities.tracks)
  const { store, identity, info, video } = resolved
  const { observer, recorder, guard, began } = context
  const { source, tracks, storage, sink, run } = view
  const damage = damageOf(info, source)
  if (damage !== undefined) observer.warned(damage)
  const imageBytes = manifest.bytes
  const bottleneck = sampler.sample().bottleneck.advice
  const advice = adviceOnSize(run, context.config)
  await preview?.publish()
  const totals = () => ({
    wallSeconds: (performance.now() - began.ms) / 1000,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    bottleneck,
    ...(advice !== undefined && { advice }),
  })
  await manifest.add(await detections.publish())
  if (identities !== undefined) await manifest.add(await writeIdentities(store, identities))
  // All objects are listed: a review that is made with the report names their hash.
  const notes = recorder?.finish()
  if (notes !== undefined) {
    const page = await store.createStream('report.html')
    for await (const piece of reportPage(notes, identities, manifest.sha256, totals()))
      await page.append(piece)
    await page.publish()
  }
  const metadata = metadataOf(info, identity, video, storage.requests.counts)
  await store.write('metadata.json', Buffer.from(`${printableJson(JSON.stringify(metadata, null, 2))}\n`))
  const datasetSha256 = await manifest.publish({
    frames: source.report.framesRead,
    tracks: view.tracksWithImages,
    tracks_seen: tracks.opened,
    cuts: tracks.cuts,
    images: sink.samples,
    classes: view.classes.map(({ classId, className = null, images }) => ({
      class_id: classId,
      class_name: className,
      images,
    })),
    steps: stepsOf(run, view.start),
  })
  await video.published?.(store, identity.videoGuid)
  const cpu = process.cpuUsage(began.cpu)
  return {
    root: store.root,
    images: sink.samples,
    imageBytes,
    datasetSha256,
    framesRead: source.report.framesRead,
    ...(damage !== undefined && { damage }),
    tracks: view.tracksWithImages,
    tracksSeen: tracks.opened,
    cuts: tracks.cuts,
    steps: run.counts,
    storage: storage.requests.counts,
    ...totals(),
    ffmpegPeakBytes: guard.ffmpegPeakBytes,
    cpuSeconds: (cpu.user + cpu.system) / 1e6 + source.report.cpuSeconds,
    ...(recorder !== undefined && { report: `${store.root}/report.html` }),
    ...(preview !== undefined && { preview: `${store.root}/preview.mp4` }),
  }
}
