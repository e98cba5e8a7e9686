import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bucket, File } from '@google-cloud/storage'
import sharp from 'sharp'
import { configure } from '../../dist/graph.js'
import { augment } from '../../dist/operators/augment.js'
import { crop } from '../../dist/operators/crop.js'
import { type Configurable, configured, type RunContext } from '../../dist/operators/definition.js'
import { detect } from '../../dist/operators/detect.js'
import { encode } from '../../dist/operators/encode.js'
import { frameFile, jpegOptions } from '../../dist/operators/jpeg.js'
import { keepModifiedCrops, keepOriginalCrops } from '../../dist/operators/keep.js'
import { pitchFilter } from '../../dist/operators/pitch-filter.js'
import { removeBackground } from '../../dist/operators/remove-background.js'
import { split } from '../../dist/operators/split.js'
import { track } from '../../dist/operators/track.js'
import { isFinal } from '../../dist/runtime/operator.js'
import { Slots } from '../../dist/runtime/slots.js'
import type { Stage } from '../../dist/runtime/stage.js'
import { WorkerPool } from '../../dist/runtime/worker-pool.js'
import { findBinaries } from '../../dist/sources/ffmpeg-binaries.js'
import { probe } from '../../dist/sources/probe.js'
import { seekFrames } from '../../dist/sources/sample-frames.js'
import { videoFrames } from '../../dist/sources/video.js'
import type { Crop, DetectedFrame, Frame, ImageFile, Pixels, TrackedFrame } from '../../dist/types.js'
import { detectorOptions } from '../../dist/vision/detectors/detector-options.js'
import { loadModel } from '../../dist/vision/detectors/model.js'
import { fitSurface } from '../../dist/vision/surface/fit-surface.js'
import { frameOf } from '../../test/support/pictures.js'
import { uncounted } from '../harness/parts.js'

/**
 * How a step passes its images to the next: with `storage`, the next step lists and downloads what was uploaded;
 * with `memory`, an optimization of the old system, it uploads the same but downloads none of it.
 */
export type HandOver = 'storage' | 'memory'

/** Images sent to the workers at once. */
const BATCH = 8

/**
 * Runs the steps of the system that cropstream replaces, under their old names, with the operators and defaults of
 * cropstream. A step runs on all cores, so that the wall times differ by the storage alone. Requests are sent one
 * after the other, as in the old system, and detection reads frames from JPEG, so that one box in a hundred differs.
 * @param raw object name of the video, which is moved.
 */
export async function oldFlow(
  bucket: Bucket,
  raw: string,
  videoGuid: string,
  handOver: HandOver,
): Promise<void> {
  // The old system keeps all intermediate images.
  const config = configure({ persist: 'all' })
  const root = `${config.tenant}/user/process/${config.pipeline}/run_${handOver}/video_${videoGuid}`
  const imported = bucket.file(`${root}/${videoGuid}.mp4`)
  const upload = (path: string, bytes: string | Uint8Array) =>
    bucket.file(`${root}/${path}`).save(Buffer.from(bytes), { resumable: false })
  const list = async (folder: string): Promise<File[]> =>
    (await bucket.getFiles({ prefix: `${root}/${folder}/` }))[0]
  const pathOf = (file: File) => file.name.slice(root.length + 1)

  const folder = await mkdtemp(join(tmpdir(), 'cropstream-old-'))
  await using pool = new WorkerPool(config.workers)
  try {
    const path = join(folder, 'video.mp4')
    const probed = () => probe(path, findBinaries())

    // import_videos: downloads the video for its metadata alone
    await bucket.file(raw).move(imported)
    await imported.download({ destination: path })
    const { width, height, fps, frameCount } = await probed()
    await upload('metadata.json', JSON.stringify({ videoGuid, raw, width, height, fps, frameCount }))
    await rm(path)

    // load_videos
    await imported.download({ destination: path })
    const info = await probed()
    const video = videoFrames(info)

    // extract_frames_for_detections
    const localFrame = (index: number) => join(folder, `frame_${index}.jpg`)
    const frames: Omit<Frame, 'planes'>[] = []
    const slots = new Slots(1, video.frameBytes)
    for await (const { value, lease } of video.read(slots, new AbortController().signal)) {
      const { planes: _, ...frame } = value
      frames.push(frame)
      const file = await frameFile(`selected_frames/frame_${frame.index}.jpg`, value, jpegOptions(config))
      lease.release()
      await writeFile(localFrame(frame.index), file.bytes)
      await upload(file.path, file.bytes)
    }

    // calculate_grass_mask
    const surface = fitSurface(await seekFrames(info, config.grassSamples), {
      topCropRatio: config.grassTop,
      bottomCropRatio: config.grassBottom,
      sensitivity: config.grassSensitivity,
    })
    const context: RunContext = {
      ...{
        model: await model,
        device: 'cpu',
        detector: { ...detectorOptions(await model), why: 'default' },
        surface,
        removal: { method: 'surface', why: 'the baseline knows no other way' },
        videoGuid,
        durationSeconds: info.durationSeconds,
      },
      intervalSeconds: video.intervalSeconds,
      sparse: false,
    }
    const stageOf = (...steps: readonly Configurable[]) =>
      configured(steps, config, context).operators as Stage

    // detect_players
    if (handOver === 'storage') {
      for (const file of await list('selected_frames')) {
        await file.download({ destination: join(folder, pathOf(file).slice('selected_frames/'.length)) })
      }
    }
    const loaded = async ({ index, ptsMs }: Omit<Frame, 'planes'>) =>
      frameOf(await decode(await readFile(localFrame(index))), index, ptsMs)
    const tracker = track.configured(config, context)!.make() // no option leaves it out
    const tracked: (Omit<TrackedFrame, 'frame'> & { frame: Omit<Frame, 'planes'> })[] = []
    for (const batch of batches(frames)) {
      const inputs = await Promise.all(batch.map(loaded))
      const detected = await compute(pool, stageOf(detect, pitchFilter), inputs)
      for (const input of detected as DetectedFrame[]) {
        for (const { frame, ...rest } of await tracker.step(input, uncounted)) {
          const { planes: _, ...size } = frame
          tracked.push({ frame: size, ...rest })
        }
      }
    }
    await upload('detections.json', JSON.stringify(tracked))

    // With `storage`, the pixels are downloaded; this map has the fields that object names do not have.
    const crops = new Map<string, Crop>()
    const computeCrops = async (stage: Stage, inputs: readonly (TrackedFrame | Crop)[]) => {
      const outputs = (await compute(pool, stage, inputs)) as (Crop | ImageFile)[]
      for (const output of outputs) {
        if (isFinal(output)) await upload(output.path, output.bytes)
        else crops.set(output.key, output)
      }
    }
    const handedOver = async function* (stage: 'original' | 'modified'): AsyncGenerator<Crop[]> {
      if (handOver === 'memory') return yield* batches([...crops.values()])
      for (const batch of batches(await list(`crops/${stage}`))) {
        const downloaded: Crop[] = []
        for (const file of batch) {
          const cached = crops.get(pathOf(file).slice(`crops/${stage}/`.length, -'.jpg'.length))
          if (cached === undefined) throw new Error(`Expected a crop of this run but received ${file.name}`)
          const [bytes] = await file.download()
          downloaded.push({ ...cached, ...(await decode(bytes)) })
        }
        yield downloaded
      }
    }

    // extract_crops
    for (const batch of batches(tracked)) {
      const inputs = batch.map(async ({ frame, ...rest }) => ({ frame: await loaded(frame), ...rest }))
      await computeCrops(stageOf(crop, keepOriginalCrops), await Promise.all(inputs))
    }

    // remove_crop_background
    const removal = stageOf(removeBackground, keepModifiedCrops)
    for await (const batch of handedOver('original')) await computeCrops(removal, batch)

    // augment_crops, create_training_and_validation_sets
    const sets = stageOf(split, augment, encode)
    for await (const batch of handedOver('modified')) await computeCrops(sets, batch)
  } finally {
    await rm(folder, { recursive: true })
  }
}

const model = loadModel()

/** Runs a stage on each input, on all workers. @returns the outputs in the order of the inputs. */
async function compute(pool: WorkerPool, stage: Stage, inputs: readonly unknown[]): Promise<unknown[]> {
  const id = stage.map(({ name }) => name).join(', ')
  const results = await Promise.all(inputs.map(input => pool.run(id, stage, [input], 'an image')))
  return results.flatMap(({ outputs }) => outputs)
}

function* batches<T>(items: readonly T[]): Generator<T[]> {
  for (let i = 0; i < items.length; i += BATCH) yield items.slice(i, i + BATCH)
}

async function decode(jpeg: Buffer): Promise<Pixels> {
  const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, rgb: new Uint8Array(data) }
}
