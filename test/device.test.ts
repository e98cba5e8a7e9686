import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  chain,
  configure,
  crop,
  DeviceThread,
  detect,
  deviceService,
  encode,
  findBinaries,
  type ImageFile,
  loadModel,
  type Model,
  probe,
  processVideo,
  Run,
  Slots,
  split,
  track,
  UsageError,
  videoFrames,
  WorkerPool,
} from '../dist/index.js'
import { chooseDevice } from '../dist/job/choose-device.js'
import { type DeviceName, devicesInSight, lackOf } from '../dist/vision/detectors/device.js'
import { interruptedAfter } from './support/interrupted.js'
import { smallVideo } from './support/matches.js'
import { smallSettings } from './support/small-match.js'

let video: string
let out: string
let model: Model
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'cropstream-device-'))
  model = await loadModel()
  video = await smallVideo()
})
afterAll(() => rm(out, { recursive: true }))

/** Kills a device thread by a message that it cannot read. Resolves when it is dead. */
async function crash(device: DeviceThread): Promise<void> {
  const { port1, port2 } = new MessageChannel()
  device.serve(port2)
  port1.postMessage(null)
  await device[Symbol.asyncDispose]()
}

/** Paths and hashes of the images of a small graph: of more frames than two workers have slots. */
async function imagesOf(
  workers: number,
  device: DeviceThread | undefined,
  onImage = async () => {},
): Promise<string[]> {
  const frames = videoFrames(await probe(video, findBinaries()), { fps: 4.5 })
  await using pool = new WorkerPool(workers, {
    services: device && { [deviceService]: device.serve },
  })
  const run = new Run(pool, new Slots(2 * workers + 2, frames.frameBytes))
  const images: string[] = []
  const sink = {
    name: 'list',
    async write({ path, sha256 }: ImageFile) {
      images.push(`${sha256} ${path}`)
      await onImage()
    },
    async [Symbol.asyncDispose]() {},
  }
  const find = detect({ model, inputSize: 416, onDevice: device !== undefined })
  const steps = chain(find, track(), crop({ padding: 0.1 }), split({ by: 'identity' }), encode())
  await run.into(sink, run.from(frames).pipe(run.through(steps)))
  return images
}

test('a device thread gives the bytes of the CPU, for any number of workers', async () => {
  // Otherwise the hand-over would mix inputs or outputs of two frames. The thread runs the network as the workers do.
  const expected = await imagesOf(2, undefined)
  expect(expected.length).toBeGreaterThan(30)
  await using device = await DeviceThread.open(model, 'cpu')
  for (const workers of [1, 2, 3]) expect(await imagesOf(workers, device)).toEqual(expected)
})

test('when the thread of a device dies, the run fails with one error that says what to do', async () => {
  // Otherwise the run would wait for an answer forever, or end the process.
  await using device = await DeviceThread.open(model, 'cpu')
  const run = imagesOf(2, device, () => crash(device))
  await expect(run).rejects.toThrow(
    /^detect failed on frame \d+: the thread of the device stopped .*--device cpu/,
  )
  // Nor would later callers be answered.
  await expect(imagesOf(1, device)).rejects.toThrow(/the thread of the device stopped/)
})

describe('a device that is not there', () => {
  const missing = (['webgpu', 'cuda'] as const).filter(device =>
    device === 'cuda' ? lackOf(device) !== undefined : devicesInSight().length === 0,
  )
  test.for(missing)('%s is refused when it was asked for', async device => {
    // Otherwise a user who pays for a GPU would not learn that it is idle.
    const error = await processVideo(video, { out, device }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(UsageError)
    expect(String(error)).toMatch(
      new RegExp(`Cannot use --device ${device}: .+docs/performance.md.+--device cpu always works`),
    )
  })

  test.runIf(devicesInSight().length === 0)('is not missed by auto', async () => {
    // Otherwise every run on a machine without a GPU would begin with a warning.
    const warnings: string[] = []
    const { root } = await processVideo(
      video,
      { ...smallSettings, out, every: 25 },
      { onWarning: text => warnings.push(text) },
    )
    const { options } = JSON.parse(await readFile(join(root, 'manifest.json'), 'utf8'))
    expect(options).toMatchObject({ device: 'cpu', precision: 'int8' })
    expect(warnings.filter(text => /device|GPU|CPU/.test(text))).toEqual([])
  })
})

test('a run is not resumed on another device', async () => {
  // Otherwise one dataset would have boxes of two devices, and not the bytes of either.
  const sampling = { every: 10, checkpointFrames: 1 }
  const options = { ...smallSettings, ...sampling, out, runGuid: 'moved', device: 'cpu' } as const
  await interruptedAfter(2, video, options)
  await expect(processVideo(video, { ...options, device: 'webgpu' })).rejects.toThrow(
    /Cannot resume .*another model .*--device "cpu", which is "webgpu" now/,
  )
})

describe('auto, where a GPU is in sight', () => {
  const choose = async (inSight: DeviceName[], recorded?: DeviceName) => {
    const warnings: string[] = []
    const chosen = await chooseDevice(
      configure({ workers: 1 }),
      model,
      async () => recorded,
      text => warnings.push(text),
      () => inSight,
    )
    return { ...chosen, warnings }
  }

  test('measures the device and the CPU, and says both', async () => {
    // Otherwise a slow GPU would be taken, or a user would not know why a fast one is not. Here the device is the CPU.
    const { name, why, warnings } = await choose(['cpu'])
    expect([name, warnings]).toEqual(['cpu', []])
    expect(why).toMatch(/^a call of the network takes \d+ ms on cpu and \d+ ms on one of 1 workers$/)
  })

  test.runIf(lackOf('cuda') !== undefined)('falls back to the CPU with one line', async () => {
    // Otherwise a broken driver would stop every run, or silently cost its time.
    const { name, warnings } = await choose(['cuda'])
    expect(name).toBe('cpu')
    expect(warnings).toEqual([expect.stringMatching(/^the CPU runs the detector: Cannot use --device cuda/)])
  })

  test('keeps the device of the run that is resumed', async () => {
    // Otherwise a trial with another result would make a run that cannot be resumed.
    expect(await choose(['webgpu'], 'cpu')).toMatchObject({ name: 'cpu', model: { sha256: model.sha256 } })
    const { name, model: own } = await choose(['webgpu'], 'webgpu')
    expect([name, own.listed?.precision]).toEqual(['webgpu', 'fp32'])
  })
})
